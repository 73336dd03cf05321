//! The one number of the house: a decimal with exactly twelve places.
//!
//! Quantities, prices, rates and amounts are all integer counts of 10^-12, which is Arrow's `Decimal128(38, 12)`. One
//! scale for everything means that adding never rescales, equal values have equal bytes, and a column of amounts is a
//! column of integers. Twelve places hold a price per byte; the 26 digits before the point hold any bill.

use std::fmt;
use std::ops::Neg;
use std::str::FromStr;

use crate::{MoneyError, Rounding, Wide, div_round_i128, parse};

/// A decimal at the fixed scale of 12, with at most 38 digits.
///
/// It cannot be made from a float: read it from text, or count it in raw units.
///
/// ```
/// use partita_money::Dec;
///
/// let amount: Dec = "-0.018333333333".parse()?;
/// assert_eq!(amount.raw(), -18_333_333_333);
/// assert_eq!(amount.checked_add(Dec::ONE)?.to_string(), "0.981666666667");
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Dec(i128);

impl Dec {
    /// Decimal places of every `Dec`.
    pub const SCALE: u32 = 12;
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(10_i128.pow(Self::SCALE));
    /// The largest value: 38 nines, 12 of them decimals.
    pub const MAX: Self = Self(10_i128.pow(38) - 1);
    /// The smallest value, `-MAX`.
    pub const MIN: Self = Self(-Self::MAX.0);

    /// The decimal that is `raw` × 10^-12; an error beyond 38 digits.
    #[inline]
    pub fn from_raw(raw: i128) -> Result<Self, MoneyError> {
        if raw.unsigned_abs() <= Self::MAX.0.unsigned_abs() {
            Ok(Self(raw))
        } else {
            Err(MoneyError::too_large("store", format_args!("{raw} × 10^-{}", Self::SCALE)))
        }
    }

    /// The integer count of 10^-12.
    #[inline]
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// A whole number, which always fits.
    #[allow(clippy::cast_lossless, reason = "From is not const")]
    pub const fn from_int(whole: i64) -> Self {
        Self(whole as i128 * Self::ONE.0)
    }

    /// `units` × 10^-decimals: a number of cents as an amount.
    ///
    /// ```
    /// use partita_money::Dec;
    ///
    /// assert_eq!(Dec::from_units(-1205, 2)?.to_string(), "-12.05");
    /// # Ok::<(), partita_money::MoneyError>(())
    /// ```
    pub fn from_units(units: i128, decimals: u32) -> Result<Self, MoneyError> {
        let raw = units.checked_mul(raw_unit(decimals)?);
        let raw = raw.ok_or_else(|| MoneyError::too_large("store", format_args!("{units} × 10^-{decimals}")))?;
        Self::from_raw(raw)
    }

    /// How many times 10^-decimals this is: an amount as a number of cents. An error if it has more decimals.
    pub fn to_units(self, decimals: u32) -> Result<i128, MoneyError> {
        let unit = raw_unit(decimals)?;
        if self.0 % unit == 0 { Ok(self.0 / unit) } else { Err(MoneyError::NotAMultiple { value: self, decimals }) }
    }

    /// Reads a decimal: an optional sign, digits, at most one point. No exponent, no spaces, no separators.
    ///
    /// Digits may be missing on one side of the point. Decimals beyond the 12th must be zeros.
    ///
    /// ```
    /// use partita_money::{Dec, MoneyError};
    ///
    /// assert_eq!(Dec::parse("+07.50")?, Dec::parse(b"7.5")?);
    /// assert!(matches!(Dec::parse("1e3"), Err(MoneyError::NotADecimal { .. })));
    /// assert!(matches!(Dec::parse("0.0000000000001"), Err(MoneyError::TooManyDecimals { .. })));
    /// # Ok::<(), partita_money::MoneyError>(())
    /// ```
    #[inline]
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, MoneyError> {
        parse::raw(text.as_ref()).map(Self)
    }

    /// The sum.
    #[inline]
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        // Two values of 38 digits cannot overflow 128 bits.
        Self::fitting(self.0 + other.0).ok_or_else(|| MoneyError::overflow("add", self, other))
    }

    /// The difference.
    #[inline]
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        Self::fitting(self.0 - other.0).ok_or_else(|| MoneyError::overflow("subtract", self, other))
    }

    /// The exact sum of many; only the sum itself has to fit.
    pub fn sum(values: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let total = values.into_iter().try_fold(Wide::ZERO, |sum, value| sum.checked_add(value.0))?;
        Self::from_wide(total, 1, "add")
    }

    /// The value without its sign; the range is symmetric, so it always fits.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Whether this is 0.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this is below 0.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The value rounded to `decimals` (0 to 12) places.
    ///
    /// ```
    /// use partita_money::{Dec, Rounding};
    ///
    /// assert_eq!(Dec::parse("0.125")?.rounded(2, Rounding::HalfUp)?, Dec::parse("0.13")?);
    /// assert_eq!(Dec::parse("-0.125")?.rounded(2, Rounding::Ceiling)?, Dec::parse("-0.12")?);
    /// # Ok::<(), partita_money::MoneyError>(())
    /// ```
    pub fn rounded(self, decimals: u32, mode: Rounding) -> Result<Self, MoneyError> {
        let unit = raw_unit(decimals)?;
        // Rounding moves the magnitude to at most 10^38, which 128 bits hold.
        let rounded = div_round_i128(self.0, unit, mode)? * unit;
        Self::fitting(rounded).ok_or_else(|| MoneyError::too_large("round", self))
    }

    /// The exact product, rounded once to `decimals` (0 to 12) places.
    ///
    /// ```
    /// use partita_money::{Dec, Rounding};
    ///
    /// let product = Dec::parse("0.045")?.mul(Dec::parse("0.999999999999")?, 2, Rounding::HalfUp)?;
    /// assert_eq!(product, Dec::parse("0.04")?); // 0.044999999999955, never first 0.045
    /// # Ok::<(), partita_money::MoneyError>(())
    /// ```
    pub fn mul(self, other: Self, decimals: u32, mode: Rounding) -> Result<Self, MoneyError> {
        let unit = raw_unit(decimals)?;
        let divisor = Self::ONE.0 * unit;
        match self.0.checked_mul(other.0) {
            Some(product) => Self::from_wide(div_round_i128(product, divisor, mode)?.into(), unit, "multiply"),
            None => Self::from_wide(Wide::product(self.0, other.0).div_round(divisor, mode)?, unit, "multiply"),
        }
        .map_err(|_| MoneyError::overflow("multiply", self, other))
    }

    /// `units` × `unit` as raw, if it fits 38 digits.
    pub(crate) fn from_wide(units: Wide, unit: i128, operation: &'static str) -> Result<Self, MoneyError> {
        let raw = units.to_i128().and_then(|units| units.checked_mul(unit)).and_then(Self::fitting);
        raw.ok_or_else(|| MoneyError::too_large(operation, format_args!("{units} × {unit} × 10^-{}", Self::SCALE)))
    }

    #[inline]
    fn fitting(raw: i128) -> Option<Self> {
        (raw.unsigned_abs() <= Self::MAX.0.unsigned_abs()).then_some(Self(raw))
    }
}

/// The raw value of 10^-decimals.
#[inline]
pub(crate) fn raw_unit(decimals: u32) -> Result<i128, MoneyError> {
    let zeros = Dec::SCALE.checked_sub(decimals).ok_or(MoneyError::DecimalsOutOfRange { decimals })?;
    Ok(10_i128.pow(zeros))
}

impl Neg for Dec {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl FromStr for Dec {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

/// The shortest text that reads back as this value: no trailing zeros, no point without decimals.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = Self::ONE.0.unsigned_abs();
        let (whole, mut fraction) = (self.0.unsigned_abs() / one, self.0.unsigned_abs() % one);
        let sign = if self.is_negative() { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let mut width = Self::SCALE as usize;
        while fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        write!(f, "{sign}{whole}.{fraction:0width$}")
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dec({self})")
    }
}
