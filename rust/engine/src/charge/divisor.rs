//! Division by a number that was known long before, rounded once: a multiplication and two corrections, no branch.

use partita_money::Rounding;

/// A divisor of numbers that are not negative.
#[derive(Debug, Clone, Copy)]
pub struct Divisor {
    divisor: u64,
    /// 2^(64 + shift) / divisor, rounded down: 64 significant bits of the reciprocal.
    reciprocal: u64,
    /// Bits of the divisor, less one.
    shift: u32,
    /// The least rest that takes an even quotient away from zero, and an odd one.
    away_from: [u64; 2],
}

impl Divisor {
    /// A divisor whose quotients are rounded so; none below 1.
    pub fn new(divisor: i64, mode: Rounding) -> Option<Self> {
        let divisor = u64::try_from(divisor).ok().filter(|&divisor| divisor > 0)?;
        let shift = divisor.ilog2();
        let reciprocal = (1_u128 << (64 + shift)) / u128::from(divisor);
        // Of a power of two it has 65 bits; one less than it will do as well.
        let (half, above_half) = (divisor.div_ceil(2), divisor / 2 + 1);
        let away_from = match mode {
            Rounding::HalfEven => [above_half, half],
            Rounding::HalfUp => [half; 2],
            Rounding::HalfDown => [above_half; 2],
            Rounding::Up | Rounding::Ceiling => [1; 2],
            Rounding::Down | Rounding::Floor => [divisor; 2],
        };
        Some(Self { divisor, reciprocal: u64::try_from(reciprocal).unwrap_or(u64::MAX), shift, away_from })
    }

    /// The quotient and the rest of a number that is not negative. The reciprocal is too small by 1
    /// at most, so that its product with a number below 2^63 gives too little by half at most: by one when cut off.
    #[inline]
    fn divide(&self, number: u64) -> (u64, u64) {
        let product = u128::from(number) * u128::from(self.reciprocal);
        let quotient = ((product >> 64) as u64) >> self.shift;
        let rest = number - quotient * self.divisor;
        let is_short = rest >= self.divisor;
        (quotient + u64::from(is_short), if is_short { rest - self.divisor } else { rest })
    }

    /// A number that is not negative, divided and rounded once.
    #[inline]
    pub fn rounded(&self, number: i64) -> i64 {
        let (quotient, rest) = self.divide(number.cast_unsigned());
        let is_away = rest >= self.away_from[quotient as usize & 1];
        quotient.cast_signed() + i64::from(is_away)
    }
}

#[cfg(test)]
mod tests {
    use partita_money::div_round_i128;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quotients_are_those_of_a_division(
            number in prop_oneof![0..i64::MAX, 0_i64..1_000_000],
            divisor in prop_oneof![1..i64::MAX, 1_i64..1_000, 1_i64..6, (0_u32..63).prop_map(|bits| 1_i64 << bits)],
            mode in prop::sample::select(Rounding::ALL.to_vec()),
        ) {
            let expected = div_round_i128(number.into(), divisor.into(), mode).unwrap();
            prop_assert_eq!(i128::from(Divisor::new(divisor, mode).unwrap().rounded(number)), expected);
        }

        #[test]
        fn multiples_and_their_neighbours(divisor in 1_i64..1 << 40, times in 0_i64..1 << 22, off in -1_i64..=1) {
            let number = (divisor * times + off).max(0);
            let expected = (number / divisor).cast_unsigned();
            let (quotient, rest) = Divisor::new(divisor, Rounding::Down).unwrap().divide(number.cast_unsigned());
            prop_assert_eq!((quotient, rest), (expected, (number % divisor).cast_unsigned()));
        }
    }

    #[test]
    fn nothing_is_divided_by_less_than_one() {
        assert!(Divisor::new(0, Rounding::Up).is_none() && Divisor::new(-1, Rounding::Up).is_none());
    }
}
