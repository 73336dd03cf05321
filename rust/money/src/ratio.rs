//! An exact rational: what a price times a quantity over a block is before it is rounded.
//!
//! A charge is often a chain, such as price × quantity ÷ block × rate, and a figure rounded in the middle of it is
//! wrong at the end. A [`Ratio`] carries the chain exactly, its value always being `numerator` / `denominator` in
//! 256 bits each, and is rounded once, straight to the decimals asked for.

use std::cmp::Ordering;
use std::fmt;

use crate::dec::raw_unit;
use crate::magnitude::Magnitude;
use crate::{Dec, MoneyError, Rounding, Wide};

/// An exact fraction. Equal values are equal, whatever their terms; the denominator is above zero.
///
/// ```
/// use partita_money::{Dec, Ratio, Rounding};
///
/// let third = Ratio::new(1, 3)?;
/// let fee = third.checked_mul(Dec::from_int(100))?;
/// assert_eq!(fee.to_dec(2, Rounding::HalfUp)?.to_string(), "33.33");
/// assert_eq!(fee.checked_mul(Dec::from_int(3))?, Dec::from_int(100).into());
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Ratio {
    numerator: Wide,
    denominator: Wide,
}

impl Ratio {
    /// Zero.
    pub const ZERO: Self = Self { numerator: Wide::ZERO, denominator: Wide::ONE };

    /// `numerator` / `denominator`.
    pub fn new(numerator: impl Into<Wide>, denominator: impl Into<Wide>) -> Result<Self, MoneyError> {
        let (numerator, denominator) = (numerator.into(), denominator.into());
        match denominator.sign() {
            Ordering::Greater => Ok(Self { numerator, denominator }),
            Ordering::Less => Ok(Self { numerator: -numerator, denominator: -denominator }),
            Ordering::Equal => Err(MoneyError::division_by_zero(numerator)),
        }
    }

    /// `left` × `right`.
    pub fn product(left: Dec, right: Dec) -> Result<Self, MoneyError> {
        Self::from(left).checked_mul(right)
    }

    /// `numerator` / `denominator`, two decimals: a percentage of a whole, days of a month.
    pub fn quotient(numerator: Dec, denominator: Dec) -> Result<Self, MoneyError> {
        Self::new(numerator.raw(), denominator.raw())
    }

    /// The number above the line.
    pub const fn numerator(self) -> Wide {
        self.numerator
    }

    /// The number below the line, above zero.
    pub const fn denominator(self) -> Wide {
        self.denominator
    }

    /// The sum.
    pub fn checked_add(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        let other = other.into();
        if self.denominator == other.denominator
            && let Ok(numerator) = self.numerator.checked_add(other.numerator)
        {
            return Ok(Self { numerator, denominator: self.denominator });
        }
        let sum = self.sum_over_common(other);
        sum.or_else(|_| self.reduced().sum_over_common(other.reduced()))
    }

    /// The difference.
    pub fn checked_sub(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        self.checked_add(-other.into())
    }

    /// The product.
    pub fn checked_mul(self, other: impl Into<Self>) -> Result<Self, MoneyError> {
        let other = other.into();
        self.product_of_terms(other).or_else(|_| {
            // With each numerator reduced against both denominators, the product is in lowest terms.
            let (left, right) = (self.reduced(), other.reduced());
            let falling = Self { numerator: left.numerator, denominator: right.denominator }.reduced();
            let rising = Self { numerator: right.numerator, denominator: left.denominator }.reduced();
            falling.product_of_terms(rising)
        })
    }

    /// The quotient; an error for a divisor of zero.
    pub fn checked_div(self, divisor: impl Into<Self>) -> Result<Self, MoneyError> {
        let divisor = divisor.into();
        let inverse = Self::new(divisor.denominator, divisor.numerator);
        self.checked_mul(inverse.map_err(|_| MoneyError::division_by_zero(self))?)
    }

    /// The value rounded once, straight to `decimals` (0 to 12) places.
    pub fn to_dec(self, decimals: u32, mode: Rounding) -> Result<Dec, MoneyError> {
        let unit = raw_unit(decimals)?;
        let units_per_one = Dec::ONE.raw() / unit;
        let units = match self.numerator.checked_mul(units_per_one) {
            Ok(scaled) => scaled.div_round(self.denominator, mode)?,
            Err(_) => self.units_by_parts(units_per_one, mode)?,
        };
        Dec::from_wide(units, unit, "round")
    }

    /// The largest whole number not above the value, and the part of 1 that is left.
    pub fn whole_and_part(self) -> Result<(Wide, Self), MoneyError> {
        let whole = self.numerator.div_round(self.denominator, Rounding::Floor)?;
        let part = self.numerator.checked_sub(whole.checked_mul(self.denominator)?)?;
        Ok((whole, Self { numerator: part, denominator: self.denominator }))
    }

    /// Below, at, or above zero.
    pub const fn sign(self) -> Ordering {
        self.numerator.sign()
    }

    /// Whether this is zero.
    pub const fn is_zero(self) -> bool {
        self.numerator.is_zero()
    }

    /// The value times `units_per_one`, rounded, where that product would overflow: the whole first, then what is left.
    fn units_by_parts(self, units_per_one: i128, mode: Rounding) -> Result<Wide, MoneyError> {
        let Self { numerator, denominator } = self.reduced();
        let (whole, rest) = numerator.div_rem(denominator)?;
        let (further, rest) = rest.checked_mul(units_per_one)?.div_rem(denominator)?;
        let units = whole.checked_mul(units_per_one)?.checked_add(further)?;
        let half = rest.abs().cmp(&denominator.checked_sub(rest.abs())?);
        let negative = self.numerator.is_negative();
        if !rest.is_zero() && mode.goes_away(negative, units.magnitude().is_odd(), half) {
            return units.checked_add(if negative { -1 } else { 1 });
        }
        Ok(units)
    }

    /// The same value in lowest terms.
    #[must_use]
    pub fn reduced(self) -> Self {
        let divisor = self.numerator.magnitude().gcd(self.denominator.magnitude());
        let over = |value: Wide| {
            let (quotient, _) = value.magnitude().checked_div_rem(divisor)?;
            Wide::signed(value.is_negative(), quotient)
        };
        let terms = over(self.numerator).zip(over(self.denominator));
        terms.map_or(self, |(numerator, denominator)| Self { numerator, denominator })
    }

    fn product_of_terms(self, other: Self) -> Result<Self, MoneyError> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Ok(Self { numerator, denominator: self.denominator.checked_mul(other.denominator)? })
    }

    /// The sum over the least common denominator.
    fn sum_over_common(self, other: Self) -> Result<Self, MoneyError> {
        // self.denominator / other.denominator in lowest terms: what each numerator has to be multiplied by.
        let factors = Self { numerator: self.denominator, denominator: other.denominator }.reduced();
        let left = self.numerator.checked_mul(factors.denominator)?;
        let right = other.numerator.checked_mul(factors.numerator)?;
        Ok(Self {
            numerator: left.checked_add(right)?,
            denominator: self.denominator.checked_mul(factors.denominator)?,
        })
    }
}

impl From<Dec> for Ratio {
    fn from(value: Dec) -> Self {
        Self { numerator: value.raw().into(), denominator: Dec::ONE.raw().into() }
    }
}

impl std::ops::Neg for Ratio {
    type Output = Self;

    fn neg(self) -> Self {
        Self { numerator: -self.numerator, denominator: self.denominator }
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let terms = |it: &Self| (it.numerator.magnitude(), it.denominator.magnitude());
        self.sign().cmp(&other.sign()).then_with(|| match self.sign() {
            Ordering::Less => compare_fractions(terms(other), terms(self)),
            _ => compare_fractions(terms(self), terms(other)),
        })
    }
}

/// Compares two fractions by their continued fractions, which no size of the terms can overflow.
fn compare_fractions(mut left: (Magnitude, Magnitude), mut right: (Magnitude, Magnitude)) -> Ordering {
    loop {
        // A denominator of zero stands for infinity: the other's expansion went on after this one ended.
        let (left_parts, right_parts) = (left.0.checked_div_rem(left.1), right.0.checked_div_rem(right.1));
        let ((left_whole, left_rest), (right_whole, right_rest)) = match (left_parts, right_parts) {
            (Some(left_parts), Some(right_parts)) => (left_parts, right_parts),
            (left_parts, right_parts) => return left_parts.is_none().cmp(&right_parts.is_none()),
        };
        if left_whole != right_whole {
            return left_whole.cmp(&right_whole);
        }
        // a/b < c/d exactly when d/c < b/a.
        (left, right) = ((right.1, right_rest), (left.1, left_rest));
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ratio {}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ratio({self})")
    }
}
