//! A signed 256-bit integer for what lies between two stored figures.
//!
//! Stored figures have 38 digits; the product of two has 76. Intermediates are therefore exact in 256 bits, and overflow
//! is judged on what is stored. The range is symmetric, ±(2^255 - 1), so that negation is always possible.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Neg;

use crate::magnitude::Magnitude;
use crate::{MoneyError, Rounding};

/// A signed integer of 256 bits, exact or an error.
///
/// ```
/// use partita_money::{Rounding, Wide};
///
/// let product = Wide::product(i128::MAX, -3);
/// assert_eq!(product.to_string(), "-510423550381407695195061911147652317181");
/// assert_eq!(product.div_round(3, Rounding::HalfEven)?.to_i128(), Some(-i128::MAX));
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
// Two's complement: `high` × 2^128 + `low`. The order of the fields makes the derived order numeric.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wide {
    high: i128,
    low: u128,
}

impl Wide {
    /// Zero.
    pub const ZERO: Self = Self { high: 0, low: 0 };
    /// One.
    pub const ONE: Self = Self { high: 0, low: 1 };
    /// The largest value, 2^255 - 1.
    pub const MAX: Self = Self { high: i128::MAX, low: u128::MAX };

    /// The exact product of two integers, which always fits.
    pub const fn product(left: i128, right: i128) -> Self {
        if let Some(small) = left.checked_mul(right) {
            return Self { high: small >> 127, low: small.cast_unsigned() };
        }
        let Magnitude { high, low } = Magnitude::product(left.unsigned_abs(), right.unsigned_abs());
        let positive = Self { high: high.cast_signed(), low };
        if (left < 0) == (right < 0) { positive } else { positive.negated() }
    }

    /// The sum.
    pub fn checked_add(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        let other = other.into();
        let (low, carry) = self.low.overflowing_add(other.low);
        // The sum of equal signs overflowed exactly when its sign differs from theirs.
        let high = self.high.wrapping_add(other.high).wrapping_add(i128::from(carry));
        let sum = Self { high, low };
        let overflowed = self.is_negative() == other.is_negative() && self.is_negative() != sum.is_negative();
        if overflowed || sum == LEAST { Err(MoneyError::overflow("add", self, other)) } else { Ok(sum) }
    }

    /// The difference.
    pub fn checked_sub(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        self.checked_add(-other.into())
    }

    /// The product.
    pub fn checked_mul(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        let other = other.into();
        if let (Some(left), Some(right)) = (self.to_i128(), other.to_i128()) {
            return Ok(Self::product(left, right));
        }
        let magnitude = self.magnitude().checked_mul(other.magnitude());
        let product = magnitude.and_then(|it| Self::signed(self.is_negative() != other.is_negative(), it));
        product.ok_or_else(|| MoneyError::overflow("multiply", self, other))
    }

    /// The quotient, cut off towards zero, and the remainder, which has the sign of `self`.
    pub fn div_rem(self, divisor: impl Into<Self>) -> Result<(Self, Self), MoneyError> {
        let divisor = divisor.into();
        let parts = self.magnitude().checked_div_rem(divisor.magnitude());
        let (quotient, remainder) = parts.ok_or_else(|| MoneyError::division_by_zero(self))?;
        let quotient = Self::signed(self.is_negative() != divisor.is_negative(), quotient);
        let remainder = Self::signed(self.is_negative(), remainder);
        quotient.zip(remainder).ok_or_else(|| MoneyError::overflow("divide", self, divisor))
    }

    /// The exact rational `self` / `denominator`, rounded once to a whole number.
    ///
    /// ```
    /// use partita_money::{Rounding, Wide};
    ///
    /// assert_eq!(Wide::from(-7).div_round(2, Rounding::HalfUp)?, Wide::from(-4));
    /// assert_eq!(Wide::from(-7).div_round(2, Rounding::Ceiling)?, Wide::from(-3));
    /// assert!(Wide::from(1).div_round(0, Rounding::Down).is_err());
    /// # Ok::<(), partita_money::MoneyError>(())
    /// ```
    pub fn div_round(self, denominator: impl Into<Self>, mode: Rounding) -> Result<Self, MoneyError> {
        let denominator = denominator.into();
        if let (Some(small), Some(divisor)) = (self.to_i128(), denominator.to_i128())
            && small != i128::MIN
        {
            return div_round_i128(small, divisor, mode).map(Self::from);
        }
        let divisor = denominator.magnitude();
        let parts = self.magnitude().checked_div_rem(divisor);
        let (quotient, remainder) = parts.ok_or_else(|| MoneyError::division_by_zero(self))?;
        let negative = self.is_negative() != denominator.is_negative();
        let complement = divisor.checked_sub(remainder);
        let away =
            !remainder.is_zero() && mode.goes_away(negative, quotient.is_odd(), Some(remainder).cmp(&complement));
        let rounded = if away { quotient.checked_add(Magnitude::ONE) } else { Some(quotient) };
        let signed = rounded.and_then(|it| Self::signed(negative, it));
        signed.ok_or_else(|| MoneyError::overflow("divide", self, denominator))
    }

    /// The value without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        if self.is_negative() { self.negated() } else { self }
    }

    /// Below, at, or above zero.
    pub const fn sign(self) -> Ordering {
        if self.is_negative() {
            Ordering::Less
        } else if self.is_zero() {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }

    /// Whether this is zero.
    pub const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// Whether this is below zero.
    pub const fn is_negative(self) -> bool {
        self.high < 0
    }

    /// The value as an `i128`, if it fits.
    pub const fn to_i128(self) -> Option<i128> {
        let small = self.low.cast_signed();
        if self.high == small >> 127 { Some(small) } else { None }
    }

    pub(crate) const fn magnitude(self) -> Magnitude {
        let Self { high, low } = self.abs();
        Magnitude { high: high.cast_unsigned(), low }
    }

    pub(crate) fn signed(negative: bool, magnitude: Magnitude) -> Option<Self> {
        let positive = Self { high: i128::try_from(magnitude.high).ok()?, low: magnitude.low };
        Some(if negative { positive.negated() } else { positive })
    }

    /// Two's complement negation; the symmetric range makes it exact.
    const fn negated(self) -> Self {
        let (low, carry) = (!self.low).overflowing_add(1);
        Self { high: if carry { (!self.high).wrapping_add(1) } else { !self.high }, low }
    }
}

/// The one bit pattern outside the symmetric range, -2^255.
const LEAST: Wide = Wide { high: i128::MIN, low: 0 };

/// The exact rational `numerator` / `denominator`, rounded once to a whole number, without leaving 128 bits.
///
/// When both fit 64 bits the division is done there, which is several times faster.
#[inline]
pub fn div_round_i128(numerator: i128, denominator: i128, mode: Rounding) -> Result<i128, MoneyError> {
    let (quotient, remainder) = match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(small), Ok(divisor)) if divisor > 0 => (i128::from(small / divisor), i128::from(small % divisor)),
        _ if denominator == 0 => return Err(MoneyError::division_by_zero(numerator)),
        _ => numerator
            .checked_div(denominator)
            .zip(numerator.checked_rem(denominator))
            .ok_or_else(|| MoneyError::overflow("divide", numerator, denominator))?,
    };
    if remainder == 0 {
        return Ok(quotient);
    }
    let negative = (numerator < 0) != (denominator < 0);
    let rest = remainder.unsigned_abs();
    let half = rest.cmp(&(denominator.unsigned_abs() - rest));
    let away = mode.goes_away(negative, quotient & 1 == 1, half);
    // A remainder means a divisor of at least 2 in magnitude, so one more always fits.
    Ok(quotient + if away { if negative { -1 } else { 1 } } else { 0 })
}

impl From<i128> for Wide {
    fn from(value: i128) -> Self {
        Self { high: value >> 127, low: value.cast_unsigned() }
    }
}

impl From<i64> for Wide {
    fn from(value: i64) -> Self {
        Self::from(i128::from(value))
    }
}

impl From<i32> for Wide {
    fn from(value: i32) -> Self {
        Self::from(i128::from(value))
    }
}

impl Neg for Wide {
    type Output = Self;

    fn neg(self) -> Self {
        self.negated()
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let billion_billion = Magnitude { high: 0, low: 10_u128.pow(18) };
        let mut groups = Vec::new();
        let mut rest = self.magnitude();
        while let Some((quotient, group)) = rest.checked_div_rem(billion_billion).filter(|_| !rest.is_zero()) {
            groups.push(group.low);
            rest = quotient;
        }
        let mut digits = groups.pop().unwrap_or(0).to_string();
        digits.extend(groups.iter().rev().map(|group| format!("{group:018}")));
        f.pad_integral(!self.is_negative(), "", &digits)
    }
}

impl fmt::Debug for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wide({self})")
    }
}
