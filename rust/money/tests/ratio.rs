//! Exact rationals: chains that are rounded once.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use partita_money::{Dec, MoneyError, Ratio, Rounding, Wide};
use proptest::prelude::*;

fn dec(text: &str) -> Dec {
    text.parse().expect("the test's own decimal")
}

#[test]
fn price_times_quantity_over_block() {
    let table = [
        // Price, quantity, block, decimals, amount.
        ("0.09", "2000000000000000", "1000000000", 2, "180000"),
        ("0.006", "36", "60", 12, "0.0036"),
        ("0.11", "1", "6", 12, "0.018333333333"),
        ("-0.11", "1", "6", 12, "-0.018333333333"),
        ("0.01", "600", "60", 12, "0.1"),
        ("0.01", "1073741824", "1024", 2, "10485.76"),
        ("100", "15", "31", 2, "48.39"),
        ("1000", "10", "31", 0, "323"),
        ("910", "31", "91", 2, "310"),
        ("1", "1", "-3", 4, "-0.3333"),
        // Through 12 decimals first, this would be 0.5 and then 1.
        ("0.499999999999", "1.000000000001", "1", 0, "0"),
    ];
    for (price, quantity, block, decimals, amount) in table {
        let exact = Ratio::product(dec(price), dec(quantity)).unwrap().checked_div(dec(block)).unwrap();
        assert_eq!(exact.to_dec(decimals, Rounding::HalfUp), Ok(dec(amount)), "{price} × {quantity} / {block}");
    }
}

#[test]
fn a_long_chain_is_exact() {
    // 300 thirds are 100, with nothing lost at the 12th decimal.
    let third = Ratio::quotient(Dec::ONE, Dec::from_int(3)).unwrap();
    let mut sum = Ratio::ZERO;
    for _ in 0..300 {
        sum = sum.checked_add(third).unwrap();
    }
    assert_eq!(sum, Dec::from_int(100).into());
    // The harmonic sum of 1..=100 overflows unreduced denominators long before its end.
    let harmonic = (1..=100).try_fold(Ratio::ZERO, |sum, n| sum.checked_add(Ratio::new(1, n)?)).unwrap();
    // H(100) = 5.18737751763962026...
    assert_eq!(harmonic.to_dec(12, Rounding::HalfEven), Ok(dec("5.18737751764")));
}

#[test]
fn errors() {
    assert!(matches!(Ratio::new(1, 0), Err(MoneyError::DivisionByZero { .. })));
    assert!(matches!(Ratio::from(Dec::ONE).checked_div(Dec::ZERO), Err(MoneyError::DivisionByZero { .. })));
    assert!(matches!(
        Ratio::from(Dec::ONE).to_dec(13, Rounding::Up),
        Err(MoneyError::DecimalsOutOfRange { decimals: 13 })
    ));
    let square = Ratio::product(Dec::MAX, Dec::MAX).unwrap();
    assert!(matches!(square.to_dec(2, Rounding::Down), Err(MoneyError::Overflow { .. })));
    assert_eq!(square.checked_div(Dec::MAX).unwrap().to_dec(12, Rounding::Down), Ok(Dec::MAX));
    assert!(matches!(square.checked_mul(square), Err(MoneyError::Overflow { .. })));
}

#[test]
fn only_the_stored_figure_has_to_fit() {
    // (10^38 - 1)² / (2 × 10^37 × (10^15 + 1)) = 499999999999999500000000.000000499999 98999...: the numerator has 76
    // digits, which 12 more for the decimals of the target would take out of 256 bits.
    let square = Wide::product(Dec::MAX.raw(), Dec::MAX.raw());
    let value = Ratio::new(square, Wide::product(2 * 10_i128.pow(37), 10_i128.pow(15) + 1)).unwrap();
    let (below, above) = (dec("499999999999999500000000.000000499999"), dec("499999999999999500000000.0000005"));
    let table = [
        (Rounding::HalfEven, above, -above),
        (Rounding::HalfUp, above, -above),
        (Rounding::HalfDown, above, -above),
        (Rounding::Up, above, -above),
        (Rounding::Down, below, -below),
        (Rounding::Ceiling, above, -below),
        (Rounding::Floor, below, -above),
    ];
    for (mode, positive, negative) in table {
        assert_eq!(value.to_dec(12, mode), Ok(positive), "{mode}");
        assert_eq!((-value).to_dec(12, mode), Ok(negative), "{mode}");
    }
    assert!(matches!(
        Ratio::from(Dec::MAX).checked_mul(dec("1.1")).unwrap().to_dec(0, Rounding::Down),
        Err(MoneyError::Overflow { .. })
    ));
}

#[test]
fn huge_terms_compare() {
    let near = Ratio::new(Wide::MAX, Wide::MAX.checked_sub(1).unwrap()).unwrap();
    let nearer = Ratio::new(Wide::MAX.checked_sub(1).unwrap(), Wide::MAX.checked_sub(2).unwrap()).unwrap();
    assert!(nearer > near && near > Ratio::from(Dec::ONE));
    assert!(-nearer < -near && -near < Ratio::ZERO);
    assert_eq!(Ratio::new(2, 6).unwrap(), Ratio::new(-1, -3).unwrap());
    assert_eq!(Ratio::new(2, 6).unwrap().reduced().to_string(), "1/3");
    assert_eq!(Ratio::new(0, 6).unwrap().reduced().to_string(), "0/1");
    assert_eq!(Ratio::new(-7, 2).unwrap().whole_and_part(), Ok((Wide::from(-4), Ratio::new(1, 2).unwrap())));
}

fn small() -> impl Strategy<Value = Ratio> {
    (-1000_i64..1000, 1_i64..1000).prop_map(|(numerator, denominator)| Ratio::new(numerator, denominator).unwrap())
}

proptest! {
    #[test]
    fn arithmetic_is_that_of_fractions(left in small(), right in small(), third in small()) {
        let sum = left.checked_add(right).unwrap();
        prop_assert_eq!(sum.checked_sub(right), Ok(left));
        let product = sum.checked_mul(third).unwrap();
        let parts = left.checked_mul(third).unwrap().checked_add(right.checked_mul(third).unwrap());
        prop_assert_eq!(Ok(product), parts);
        if !third.is_zero() {
            prop_assert_eq!(product.checked_div(third), Ok(sum));
        }
    }

    #[test]
    fn order_is_that_of_cross_products((a, b, c, d) in (any::<i64>(), 1..i64::MAX, any::<i64>(), 1..i64::MAX)) {
        let (left, right) = (Ratio::new(a, b).unwrap(), Ratio::new(c, d).unwrap());
        let cross = (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b)));
        prop_assert_eq!(left.cmp(&right), cross);
    }

    #[test]
    fn rounding_brackets_the_exact_value(
        (a, b, c, d) in (1..=i128::MAX, 1..=i128::MAX, 1..=i128::MAX, 1..=i128::MAX),
        shift in 0..127_u32,
        negative in any::<bool>(),
        decimals in 0_u32..=12,
    ) {
        let value = Ratio::new(Wide::product(a, b), Wide::product(c, 1 + (d >> shift))).unwrap();
        let value = if negative { -value } else { value };
        if let (Ok(low), Ok(high)) = (value.to_dec(decimals, Rounding::Floor), value.to_dec(decimals, Rounding::Ceiling)) {
            prop_assert!(Ratio::from(low) <= value && value <= high.into());
            let gap = high.checked_sub(low).unwrap();
            prop_assert!(gap.is_zero() || gap == Dec::from_units(1, decimals).unwrap());
            let nearest = value.to_dec(decimals, Rounding::HalfUp).unwrap();
            let middle = Ratio::from(low).checked_add(Ratio::from(gap).checked_div(Dec::from_int(2)).unwrap()).unwrap();
            let goes_up = if negative { value > middle } else { value >= middle };
            prop_assert_eq!(nearest, if goes_up { high } else { low });
        }
    }

    #[test]
    fn a_product_rounds_as_dec_does(left in any::<i64>(), right in any::<i64>(), decimals in 0_u32..=12) {
        let (left, right) = (Dec::from_raw(left.into()).unwrap(), Dec::from_raw(right.into()).unwrap());
        for mode in Rounding::ALL {
            let exact = Ratio::product(left, right).unwrap();
            prop_assert_eq!(exact.to_dec(decimals, mode), left.mul(right, decimals, mode));
        }
    }
}
