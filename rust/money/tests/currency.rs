//! Currency digits.

use partita_money::currency;

#[test]
fn digits_of_known_and_unknown_codes() {
    let table = [
        ("SEK", Some(2)),
        ("USD", Some(2)),
        ("JPY", Some(0)),
        ("BHD", Some(3)),
        ("CLF", Some(4)),
        ("XAU", None),
        ("XXX", None),
        ("sek", None),
        ("", None),
        ("SEKK", None),
    ];
    for (code, digits) in table {
        assert_eq!(currency::digits(code), digits, "{code}");
    }
}

#[test]
fn every_code_is_found() {
    let codes: Vec<_> = currency::codes().collect();
    assert!(codes.len() > 150, "saw only {}", codes.len());
    assert!(codes.is_sorted());
    assert!(codes.iter().all(|code| currency::is_listed(code) && currency::digits(code).is_none_or(|it| it <= 4)));
}
