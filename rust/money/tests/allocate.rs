//! Dealing: whatever the weights, the parts sum to the total.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use partita_money::{Dec, MoneyError, Ratio, Rounding, allocate, deal};
use proptest::prelude::*;

fn dec(text: &str) -> Dec {
    text.parse().expect("the test's own decimal")
}

fn decs(texts: &[&str]) -> Vec<Dec> {
    texts.iter().map(|text| dec(text)).collect()
}

#[test]
fn allocates_by_largest_remainder() {
    let table: [(&str, &[&str], u32, &[&str]); 10] = [
        ("100.00", &["33.3335", "33.3335", "33.3330"], 2, &["33.34", "33.33", "33.33"]),
        ("-100.00", &["33.3335", "33.3335", "33.3330"], 2, &["-33.34", "-33.33", "-33.33"]),
        ("10000.00", &["1", "1", "1"], 2, &["3333.34", "3333.33", "3333.33"]),
        ("0.05", &["1", "1"], 2, &["0.03", "0.02"]),
        ("-0.05", &["1", "1"], 2, &["-0.03", "-0.02"]),
        ("0.02", &["1", "0", "1", "1"], 2, &["0.01", "0", "0.01", "0"]),
        ("1", &["0.000000000001", "99999999999999999999999999"], 12, &["0", "1"]),
        ("0", &["1", "2"], 2, &["0", "0"]),
        ("7", &["3"], 0, &["7"]),
        ("0.000000000001", &["1", "1.000000000001"], 12, &["0", "0.000000000001"]),
    ];
    for (total, weights, decimals, expected) in table {
        assert_eq!(allocate(dec(total), &decs(weights), decimals), Ok(decs(expected)), "{total} by {weights:?}");
    }
}

#[test]
fn refuses_what_cannot_be_allocated() {
    let one = Dec::ONE;
    assert_eq!(allocate(one, &[], 2), Err(MoneyError::NoWeight { total: one }));
    assert_eq!(allocate(one, &[Dec::ZERO; 2], 2), Err(MoneyError::NoWeight { total: one }));
    assert_eq!(allocate(one, &[one, -one], 2), Err(MoneyError::NegativeWeight { position: 1, weight: -one }));
    let fine = dec("0.005");
    assert_eq!(allocate(fine, &[one], 2), Err(MoneyError::NotAMultiple { value: fine, decimals: 2 }));
    assert_eq!(allocate(one, &[one], 13), Err(MoneyError::DecimalsOutOfRange { decimals: 13 }));
}

#[test]
fn deals_to_exact_sums_of_any_sign() {
    let table: [(&str, &[&str], &[&str]); 11] = [
        ("100.00", &["33.3335", "33.3335", "33.3330"], &["33.34", "33.33", "33.33"]),
        ("10000.00", &["3333.333334", "3333.333333", "3333.333333"], &["3333.34", "3333.33", "3333.33"]),
        ("-10000.00", &["-3333.333334", "-3333.333333", "-3333.333333"], &["-3333.34", "-3333.33", "-3333.33"]),
        ("0.01", &["0.005", "0.005"], &["0.01", "0"]),
        ("-0.01", &["-0.005", "-0.005"], &["-0.01", "0"]),
        // Mixed signs: 10.006 - 3.004 = 7.002. Down: 10.00 and -3.01; cut off: 0.006 and 0.006.
        ("7.00", &["10.006", "-3.004", "-0.002"], &["10.01", "-3.01", "0"]),
        ("-7.00", &["-10.006", "3.004", "0.002"], &["-10.01", "3.01", "0"]),
        ("0", &["0.005", "-0.005"], &["0.01", "-0.01"]),
        ("0", &["-0.005", "0.005"], &["-0.01", "0.01"]),
        ("0", &["0", "0"], &["0", "0"]),
        ("0", &[], &[]),
    ];
    for (total, exact, expected) in table {
        assert_eq!(deal(dec(total), &decs(exact), 2), Ok(decs(expected)), "{total} to {exact:?}");
    }
    let thirds = [Ratio::new(100, 3).unwrap(); 3];
    assert_eq!(deal(dec("100"), &thirds, 2), Ok(decs(&["33.34", "33.33", "33.33"])));
}

#[test]
fn refuses_a_total_that_is_not_the_sum() {
    for (total, exact) in [("1.00", ["0.33", "0.33"]), ("0.65", ["0.33", "0.33"]), ("-1", ["0.333", "0.333"])] {
        assert!(matches!(deal(dec(total), &decs(&exact), 2), Err(MoneyError::NotTheSum { .. })), "{total}");
    }
    assert!(matches!(deal::<Dec>(Dec::ONE, &[], 2), Err(MoneyError::NotTheSum { .. })));
}

fn any_dec() -> impl Strategy<Value = Dec> {
    prop_oneof![-2000_i128..2000, any::<i64>().prop_map(i128::from), -(1_i128 << 100)..(1_i128 << 100)]
        .prop_map(|raw| Dec::from_raw(raw).unwrap())
}

fn negated(values: &[Dec]) -> Vec<Dec> {
    values.iter().map(|value| -*value).collect()
}

proptest! {
    #[test]
    fn parts_sum_to_the_total(
        total in any_dec(),
        weights in prop::collection::vec(any_dec().prop_map(Dec::abs), 1..12),
        decimals in 0_u32..=12,
    ) {
        prop_assume!(weights.iter().any(|weight| !weight.is_zero()));
        let total = total.rounded(decimals, Rounding::HalfUp).unwrap();
        let parts = allocate(total, &weights, decimals).unwrap();
        prop_assert_eq!(Dec::sum(parts.iter().copied()), Ok(total));
        prop_assert_eq!(allocate(-total, &weights, decimals), Ok(negated(&parts)));
        let whole = Dec::sum(weights.iter().copied()).unwrap();
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert_eq!(part.rounded(decimals, Rounding::Down), Ok(*part));
            let exact = Ratio::product(total, *weight).unwrap().checked_div(whole).unwrap();
            let (low, high) = (exact.to_dec(decimals, Rounding::Floor), exact.to_dec(decimals, Rounding::Ceiling));
            prop_assert!(Ok(*part) == low || Ok(*part) == high, "{part} is a unit from {exact}");
        }
    }

    #[test]
    fn dealt_parts_sum_to_the_total(exact in prop::collection::vec(any_dec(), 0..12), decimals in 0_u32..=12) {
        let sum = Dec::sum(exact.iter().copied()).unwrap();
        for mode in Rounding::ALL {
            let total = sum.rounded(decimals, mode).unwrap();
            let parts = deal(total, &exact, decimals).unwrap();
            prop_assert_eq!(Dec::sum(parts.iter().copied()), Ok(total));
            prop_assert_eq!(deal(-total, &negated(&exact), decimals), Ok(negated(&parts)));
            for (part, exact) in parts.iter().zip(&exact) {
                let (low, high) = (exact.rounded(decimals, Rounding::Floor), exact.rounded(decimals, Rounding::Ceiling));
                prop_assert!(Ok(*part) == low || Ok(*part) == high, "{part} is a unit from {exact}");
            }
        }
    }

    #[test]
    fn allocating_is_dealing_the_exact_parts(units in any::<i32>(), weights in prop::collection::vec(1_i64..1000, 1..8)) {
        let total = Dec::from_units(units.into(), 2).unwrap();
        let whole: i64 = weights.iter().sum();
        let exact: Vec<_> = weights.iter().map(|it| Ratio::new(*it, whole)?.checked_mul(total)).collect::<Result<_, _>>().unwrap();
        let weights: Vec<_> = weights.into_iter().map(Dec::from_int).collect();
        prop_assert_eq!(allocate(total, &weights, 2), deal(total, &exact, 2));
    }
}
