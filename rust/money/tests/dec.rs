//! Decimals: reading, writing, adding, rounding, multiplying.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use partita_money::{Dec, MoneyError, Rounding};
use proptest::prelude::*;

fn dec(text: &str) -> Dec {
    text.parse().expect("the test's own decimal")
}

const NINES: &str = "99999999999999999999999999.999999999999";

#[test]
fn reads_and_writes_the_shortest_text() {
    let table = [
        ("0", "0"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("+1", "1"),
        ("007", "7"),
        ("-12", "-12"),
        ("-12.", "-12"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0.50", "0.5"),
        ("100", "100"),
        ("0.018333333333", "0.018333333333"),
        ("-0.000000000001", "-0.000000000001"),
        ("1.0000000000000000000000", "1"),
        ("9999999999999999999", "9999999999999999999"),
        ("999999999999999999.9", "999999999999999999.9"),
        ("000000000000000000000000000000000000000000001.5", "1.5"),
        (NINES, NINES),
        ("-99999999999999999999999999.999999999999", "-99999999999999999999999999.999999999999"),
    ];
    for (text, shortest) in table {
        assert_eq!(dec(text).to_string(), shortest, "{text}");
        assert_eq!(dec(shortest), dec(text), "{text}");
    }
}

#[test]
fn refuses_what_is_no_decimal() {
    let table = [
        "",
        "-",
        "+",
        ".",
        "-.",
        "1e3",
        "1E3",
        "1.2.3",
        "..",
        "1,5",
        " 1",
        "1 ",
        "1_000",
        "--1",
        "+-1",
        "0x1",
        "NaN",
        "inf",
        "٣",
        "1.0000000000000x",
        "99999999999999999999999999999999x",
        "1-",
        "1.-5",
    ];
    for text in table {
        assert_eq!(Dec::parse(text), Err(MoneyError::NotADecimal { text: text.into() }), "{text:?}");
    }
    assert!(matches!(Dec::parse(b"\xff1"), Err(MoneyError::NotADecimal { .. })));
}

#[test]
fn refuses_what_does_not_fit() {
    for text in ["0.0000000000001", "-1.1234567890123", "1.00000000000000000000000000001"] {
        assert_eq!(Dec::parse(text), Err(MoneyError::TooManyDecimals { text: text.into() }), "{text:?}");
    }
    for text in
        ["100000000000000000000000000", "-100000000000000000000000000", "9999999999999999999999999999999999999999999"]
    {
        let error = Dec::parse(text).expect_err("27 digits before the point");
        assert!(matches!(error, MoneyError::Overflow { .. }) && error.to_string().contains(text), "{error}");
    }
}

#[test]
fn overflow_is_an_error_with_its_operands() {
    let least = dec("0.000000000001");
    let errors = [
        Dec::MAX.checked_add(least),
        Dec::MIN.checked_sub(least),
        Dec::MAX.mul(dec("1.1"), 12, Rounding::Down),
        Dec::MIN.mul(Dec::MAX, 0, Rounding::Down),
        Dec::MAX.rounded(0, Rounding::HalfUp),
        Dec::MIN.rounded(11, Rounding::Floor),
        Dec::sum([Dec::MAX, least]),
        Dec::from_raw(i128::MIN),
        Dec::from_raw(Dec::MAX.raw() + 1),
        Dec::from_units(i128::MAX, 2),
    ];
    for error in errors {
        assert!(matches!(error, Err(MoneyError::Overflow { .. })), "{error:?}");
    }
    let message = Dec::MAX.checked_add(least).expect_err("too large").to_string();
    assert_eq!(message, format!("add: {NINES} and 0.000000000001 give a number too large"));
    assert_eq!(Dec::sum([Dec::MAX, least, -least, Dec::MIN]), Ok(Dec::ZERO));
    assert_eq!(Dec::MAX.rounded(0, Rounding::Down), Ok(dec("99999999999999999999999999")));
}

#[test]
fn counts_minor_units() {
    assert_eq!(dec("-12.05").to_units(2), Ok(-1205));
    assert_eq!(dec("323").to_units(0), Ok(323));
    assert_eq!(dec("0.005").to_units(2), Err(MoneyError::NotAMultiple { value: dec("0.005"), decimals: 2 }));
    assert_eq!(dec("1").to_units(13), Err(MoneyError::DecimalsOutOfRange { decimals: 13 }));
    assert_eq!(Dec::from_int(i64::MIN).to_string(), i64::MIN.to_string());
}

#[test]
fn a_product_is_rounded_once() {
    let table = [
        // 2.445 exactly, then the tie.
        ("8.15", "0.3", 2, Rounding::HalfUp, "2.45"),
        ("-8.15", "0.3", 2, Rounding::HalfUp, "-2.45"),
        ("8.15", "0.3", 2, Rounding::HalfEven, "2.44"),
        // Through 12 decimals first these would become ties, and go up.
        ("0.045", "0.999999999999", 2, Rounding::HalfUp, "0.04"),
        ("-0.045", "0.999999999999", 2, Rounding::HalfUp, "-0.04"),
        ("0.000000000001", "0.000000000001", 12, Rounding::Up, "0.000000000001"),
        ("-0.000000000001", "0.000000000001", 12, Rounding::Floor, "-0.000000000001"),
        ("-0.000000000001", "0.000000000001", 12, Rounding::HalfUp, "0"),
        ("99999999999999999999999999", "0.01", 12, Rounding::Down, "999999999999999999999999.99"),
    ];
    for (left, right, decimals, mode, expected) in table {
        assert_eq!(dec(left).mul(dec(right), decimals, mode), Ok(dec(expected)), "{left} × {right}, {decimals} {mode}");
    }
}

proptest! {
    #[test]
    fn text_round_trips(raw in -Dec::MAX.raw()..=Dec::MAX.raw(), shift in 0_u32..100) {
        let value = Dec::from_raw(raw >> shift).unwrap();
        prop_assert_eq!(Dec::parse(value.to_string()), Ok(value));
        let sign = if value.is_negative() { "-" } else { "" };
        let (whole, fraction) = (value.abs().raw() / Dec::ONE.raw(), value.abs().raw() % Dec::ONE.raw());
        prop_assert_eq!(Dec::parse(format!("{sign}0{whole}.{fraction:012}00")), Ok(value));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+]?[0-9.]{0,45}[ex0]?") {
        let point = text.bytes().filter(|byte| *byte == b'.').count();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_number = point <= 1 && digits > 0 && !text.contains(['e', 'x']);
        prop_assert_eq!(!matches!(Dec::parse(&text), Err(MoneyError::NotADecimal { .. })), is_number);
    }

    #[test]
    fn sums_and_differences_undo_each_other(left in any::<i64>(), right in any::<i64>()) {
        let (left, right) = (Dec::from_int(left), Dec::from_raw(right.into()).unwrap());
        prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right), Ok(left));
        prop_assert_eq!(left.checked_sub(right).unwrap(), -right.checked_sub(left).unwrap());
    }

    #[test]
    fn a_product_has_no_order_and_mirrors(left in any::<i64>(), right in any::<i64>(), decimals in 0_u32..=12) {
        let (left, right) = (Dec::from_raw(left.into()).unwrap(), Dec::from_raw(right.into()).unwrap());
        let product = left.mul(right, decimals, Rounding::HalfUp).unwrap();
        prop_assert_eq!(right.mul(left, decimals, Rounding::HalfUp), Ok(product));
        prop_assert_eq!((-left).mul(right, decimals, Rounding::HalfUp), Ok(-product));
    }
}
