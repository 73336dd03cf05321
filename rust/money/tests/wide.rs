//! 256-bit integers, against long arithmetic on decimal digits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Ordering;

use partita_money::{MoneyError, Rounding, Wide};
use proptest::prelude::*;

/// A number of any length as the schoolbook has it: decimal digits, the lowest first, no leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Digits(Vec<u8>);

impl Digits {
    fn of(value: Wide) -> Self {
        Self(value.abs().to_string().bytes().rev().map(|byte| byte - b'0').collect()).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn times(&self, other: &Self) -> Self {
        let mut columns = vec![0_u32; self.0.len() + other.0.len()];
        for (left_place, left) in self.0.iter().enumerate() {
            for (right_place, right) in other.0.iter().enumerate() {
                columns[left_place + right_place] += u32::from(*left) * u32::from(*right);
            }
        }
        let mut carry = 0;
        let digit = |column: u32| {
            let sum = column + carry;
            carry = sum / 10;
            u8::try_from(sum % 10).unwrap()
        };
        Self(columns.into_iter().map(digit).collect()).trimmed()
    }

    fn minus(&self, other: &Self) -> Self {
        let mut borrow = 0;
        let digit = |place: usize| {
            let difference = 10 + self.0[place] - other.0.get(place).unwrap_or(&0) - borrow;
            borrow = u8::from(difference < 10);
            difference % 10
        };
        Self((0..self.0.len()).map(digit).collect()).trimmed()
    }

    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn div_rem(&self, divisor: &Self) -> (Self, Self) {
        let (mut quotient, mut rest) = (Vec::new(), Self(Vec::new()));
        for digit in self.0.iter().rev() {
            rest.0.insert(0, *digit);
            rest = rest.trimmed();
            let mut count = 0;
            while rest.cmp(divisor).is_ge() {
                rest = rest.minus(divisor);
                count += 1;
            }
            quotient.insert(0, count);
        }
        (Self(quotient).trimmed(), rest)
    }
}

/// Values whose 64-bit limbs are often at an edge, where carries and quotient guesses go wrong.
fn wide() -> impl Strategy<Value = Wide> {
    let limb = || {
        prop_oneof![
            Just(0_u64),
            Just(1),
            Just(u64::MAX),
            Just(u64::MAX - 1),
            Just(1 << 63),
            Just((1 << 63) - 1),
            any::<u64>()
        ]
    };
    (limb(), limb(), limb(), limb(), any::<bool>(), 1_usize..=4).prop_map(|(a, b, c, d, negative, length)| {
        let limbs = [a >> 1, b, c, d];
        let value = joined(&limbs[4 - length..]);
        if negative { -value } else { value }
    })
}

fn divisor() -> impl Strategy<Value = Wide> {
    wide().prop_map(|value| if value.is_zero() { Wide::ONE } else { value })
}

/// A positive value from its 64-bit limbs, the highest first.
fn joined(limbs: &[u64]) -> Wide {
    let join = |sum: Wide, limb: &u64| sum.checked_mul(1_i128 << 64).unwrap().checked_add(i128::from(*limb)).unwrap();
    limbs.iter().fold(Wide::ZERO, join)
}

#[test]
fn a_quotient_digit_guessed_one_too_large_is_put_right() {
    // The "add back" cases of Hacker's Delight (Warren), divmnu, at 64 bits a limb.
    const TOP: u64 = 1 << 63;
    let table: [[&[u64]; 4]; 2] = [
        [&[TOP, 0, 3], &[TOP >> 2, 0, 1], &[3], &[TOP >> 2, 0, 0]],
        [&[TOP - 1, TOP, 0, 0], &[TOP, 0, 1], &[u64::MAX - 1], &[TOP - 1, u64::MAX, 2]],
    ];
    for [dividend, divisor, quotient, remainder] in table {
        let parts = joined(dividend).div_rem(joined(divisor));
        assert_eq!(parts, Ok((joined(quotient), joined(remainder))), "{dividend:x?} / {divisor:x?}");
    }
}

#[test]
fn edges() {
    let power = |exponent: u32| (0..exponent).fold(Wide::ONE, |it, _| it.checked_add(it).unwrap());
    assert_eq!(power(254).checked_add(power(254).checked_sub(1).unwrap()), Ok(Wide::MAX));
    assert!(power(254).checked_add(power(254)).is_err());
    assert!((-Wide::MAX).checked_sub(1).is_err(), "-2^255 is outside the symmetric range");
    assert!(Wide::MAX.checked_add(1).is_err());
    assert!(Wide::MAX.checked_mul(2).is_err() && power(128).checked_mul(power(127)).is_err());
    assert_eq!(power(128).checked_mul(power(126)), Ok(power(254)));
    assert_eq!(Wide::product(i128::MIN, i128::MIN), power(254));
    assert_eq!(Wide::product(i128::MIN, 1).to_i128(), Some(i128::MIN));
    assert_eq!(power(127).to_i128(), None);
    assert_eq!((-power(127)).to_i128(), Some(i128::MIN));
    assert_eq!(Wide::MAX.checked_add(-Wide::MAX), Ok(Wide::ZERO));
    assert_eq!(Wide::ZERO.sign(), Ordering::Equal);
    assert!(-power(200) < Wide::from(-1) && Wide::from(-1) < Wide::ZERO && Wide::ZERO < power(200));
    assert_eq!(power(254).to_string(), "28948022309329048855892746252171976963317496166410141009864396001978282409984");
    assert_eq!(Wide::from(-12).to_string(), "-12");
    assert_eq!(Wide::from(10_i128.pow(18)).to_string(), "1000000000000000000");
}

#[test]
fn errors_name_their_operands() {
    let error = Wide::MAX.checked_mul(-7).expect_err("too large").to_string();
    assert!(error.contains(&Wide::MAX.to_string()) && error.contains("-7"), "{error}");
    for mode in Rounding::ALL {
        let error = Wide::MAX.div_round(0, mode).expect_err("no quotient");
        assert_eq!(error, MoneyError::DivisionByZero { numerator: Wide::MAX.to_string().into() });
    }
    assert!(Wide::ONE.div_rem(0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn multiplies_as_the_schoolbook_does(left in wide(), right in wide()) {
        let expected = Digits::of(left).times(&Digits::of(right));
        match left.checked_mul(right) {
            Ok(product) => {
                prop_assert_eq!(Digits::of(product), expected);
                prop_assert!(product.is_zero() || product.is_negative() == (left.is_negative() != right.is_negative()));
            }
            Err(_) => prop_assert!(expected.cmp(&Digits::of(Wide::MAX)).is_gt()),
        }
    }

    #[test]
    fn divides_as_the_schoolbook_does(left in wide(), right in divisor()) {
        let (quotient, remainder) = left.div_rem(right).unwrap();
        let expected = Digits::of(left).div_rem(&Digits::of(right));
        prop_assert_eq!((Digits::of(quotient), Digits::of(remainder)), expected);
        prop_assert_eq!(quotient.checked_mul(right).unwrap().checked_add(remainder), Ok(left));
        prop_assert!(remainder.is_zero() || remainder.is_negative() == left.is_negative());
    }

    #[test]
    fn rounds_as_the_schoolbook_does(left in wide(), right in divisor()) {
        let (quotient, remainder) = left.div_rem(right).unwrap();
        let rest = Digits::of(remainder);
        let twice = rest.times(&Digits(vec![2])).cmp(&Digits::of(right));
        let negative = left.is_negative() != right.is_negative();
        let odd = Digits::of(quotient).0.first().is_some_and(|digit| digit % 2 == 1);
        let away = Wide::from(if negative { -1 } else { 1 });
        for mode in Rounding::ALL {
            let goes_away = !rest.0.is_empty() && match mode {
                Rounding::HalfEven => twice.is_gt() || twice.is_eq() && odd,
                Rounding::HalfUp => twice.is_ge(),
                Rounding::HalfDown => twice.is_gt(),
                Rounding::Up => true,
                Rounding::Down => false,
                Rounding::Ceiling => !negative,
                Rounding::Floor => negative,
            };
            let expected = if goes_away { quotient.checked_add(away).unwrap() } else { quotient };
            prop_assert_eq!(left.div_round(right, mode), Ok(expected), "{}", mode);
        }
    }

    #[test]
    fn adds_and_compares_as_integers(left in wide(), right in wide()) {
        prop_assert_eq!(left.checked_add(right).ok(), right.checked_add(left).ok());
        if let Ok(sum) = left.checked_add(right) {
            prop_assert_eq!(sum.checked_sub(right), Ok(left));
            prop_assert_eq!(sum.cmp(&left), right.sign());
        }
        prop_assert_eq!(-(-left), left);
        prop_assert_eq!((-left).cmp(&-right), right.cmp(&left));
    }

    #[test]
    fn small_values_are_i128(left in any::<i64>(), right in any::<i64>()) {
        let (wide_left, wide_right) = (Wide::from(left), Wide::from(right));
        let (left, right) = (i128::from(left), i128::from(right));
        prop_assert_eq!(wide_left.checked_add(wide_right).unwrap().to_i128(), Some(left + right));
        prop_assert_eq!(wide_left.checked_sub(wide_right).unwrap().to_i128(), Some(left - right));
        prop_assert_eq!(Wide::product(left, right).to_i128(), Some(left * right));
        prop_assert_eq!(wide_left.to_string(), left.to_string());
        prop_assert_eq!(wide_left.cmp(&wide_right), left.cmp(&right));
    }
}
