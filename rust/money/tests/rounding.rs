//! Rounding modes, against a table and against a slow definition of each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::str::FromStr;

use partita_money::{Dec, MoneyError, Rounding, Wide, div_round_i128};
use proptest::prelude::*;

#[test]
fn the_documented_table() {
    // The columns of the table in the documentation of `Rounding`, in tenths.
    let tenths = [25, 35, 24, 26, -25, -35, -24, -26];
    let table = [
        (Rounding::HalfEven, [2, 4, 2, 3, -2, -4, -2, -3]),
        (Rounding::HalfUp, [3, 4, 2, 3, -3, -4, -2, -3]),
        (Rounding::HalfDown, [2, 3, 2, 3, -2, -3, -2, -3]),
        (Rounding::Up, [3, 4, 3, 3, -3, -4, -3, -3]),
        (Rounding::Down, [2, 3, 2, 2, -2, -3, -2, -2]),
        (Rounding::Ceiling, [3, 4, 3, 3, -2, -3, -2, -2]),
        (Rounding::Floor, [2, 3, 2, 2, -3, -4, -3, -3]),
    ];
    assert_eq!(table.map(|(mode, _)| mode), Rounding::ALL);
    for (mode, expected) in table {
        assert_eq!(tenths.map(|value| div_round_i128(value, 10, mode).unwrap()), expected, "{mode}");
        assert_eq!(tenths.map(|value| div_round_i128(-value, -10, mode).unwrap()), expected, "{mode}");
    }
}

#[test]
fn modes_are_named_as_in_a_catalog() {
    for mode in Rounding::ALL {
        assert_eq!(Rounding::from_str(mode.name()), Ok(mode));
    }
    for text in ["HalfUp", "half-up", "", "HALF_UP", "nearest"] {
        assert_eq!(Rounding::from_str(text), Err(MoneyError::UnknownRounding { text: text.into() }));
    }
}

#[test]
fn extremes() {
    assert!(matches!(div_round_i128(5, 0, Rounding::Up), Err(MoneyError::DivisionByZero { .. })));
    assert!(matches!(div_round_i128(i128::MIN, -1, Rounding::Up), Err(MoneyError::Overflow { .. })));
    assert_eq!(div_round_i128(i128::MIN, i128::MIN, Rounding::Up), Ok(1));
    assert_eq!(div_round_i128(i128::MAX, i128::MIN, Rounding::HalfUp), Ok(-1));
    assert_eq!(div_round_i128(1, i128::MIN, Rounding::Floor), Ok(-1));
    assert_eq!(div_round_i128(i64::MIN.into(), -1, Rounding::Down), Ok(1 << 63));
    assert_eq!(Wide::from(i128::MIN).div_round(-1, Rounding::Down), Ok(-Wide::from(i128::MIN)));
}

/// Each mode by its definition: of the two neighbouring whole numbers, which one?
fn by_definition(numerator: i128, denominator: i128, mode: Rounding) -> i128 {
    let (numerator, denominator) = (numerator * denominator.signum(), denominator.abs());
    let mut below = numerator / denominator;
    while below * denominator > numerator {
        below -= 1;
    }
    if below * denominator == numerator {
        return below;
    }
    let above = below + 1;
    let to_zero = if numerator > 0 { below } else { above };
    let from_zero = if numerator > 0 { above } else { below };
    let (down_by, up_by) = (numerator - below * denominator, above * denominator - numerator);
    let nearest = |tie: i128| match down_by.cmp(&up_by) {
        std::cmp::Ordering::Less => below,
        std::cmp::Ordering::Greater => above,
        std::cmp::Ordering::Equal => tie,
    };
    match mode {
        Rounding::HalfEven => nearest(if below % 2 == 0 { below } else { above }),
        Rounding::HalfUp => nearest(from_zero),
        Rounding::HalfDown => nearest(to_zero),
        Rounding::Up => from_zero,
        Rounding::Down => to_zero,
        Rounding::Ceiling => above,
        Rounding::Floor => below,
    }
}

fn divisor() -> impl Strategy<Value = i128> {
    prop_oneof![-20_i128..=20, (-(1_i128 << 70)..(1_i128 << 70))].prop_filter("not zero", |it| *it != 0)
}

proptest! {
    #[test]
    fn every_path_rounds_by_the_definition(
        numerator in prop_oneof![-1000_i128..1000, any::<i64>().prop_map(i128::from), -(1_i128 << 100)..(1_i128 << 100)],
        divisor in divisor(),
        half in any::<bool>(),
    ) {
        // Half of the cases are ties, or nearly so.
        let (numerator, divisor) = if half { (divisor * (numerator % 1000) + divisor / 2, divisor) } else { (numerator, divisor) };
        for mode in Rounding::ALL {
            let expected = by_definition(numerator, divisor, mode);
            prop_assert_eq!(div_round_i128(numerator, divisor, mode), Ok(expected));
            // 2^140 times both: the same rational by the wide path.
            let stretch = Wide::product(1 << 70, 1 << 70);
            let (wide, by) = (stretch.checked_mul(numerator % (1 << 100)), stretch.checked_mul(divisor));
            let expected = by_definition(numerator % (1 << 100), divisor, mode);
            prop_assert_eq!(wide.unwrap().div_round(by.unwrap(), mode), Ok(Wide::from(expected)));
        }
    }

    #[test]
    fn a_rounded_decimal_stays_rounded(raw in -(1_i128 << 120)..(1_i128 << 120), decimals in 0_u32..=12) {
        let value = Dec::from_raw(raw).unwrap();
        for mode in Rounding::ALL {
            let once = value.rounded(decimals, mode).unwrap();
            prop_assert_eq!(once.rounded(decimals, mode), Ok(once));
            let unit = 10_i128.pow(12 - decimals);
            prop_assert_eq!(once.raw(), by_definition(raw, unit, mode) * unit);
        }
    }
}
