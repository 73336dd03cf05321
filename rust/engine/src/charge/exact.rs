//! From an exact fraction to a stored amount, in one rounding.

use partita_money::{Dec, Ratio, Rounding, Wide, div_round_i128};

use crate::reject::Code;

/// What an amount is rounded to: decimals and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub decimals: u32,
    pub mode: Rounding,
    /// Raw units in one unit of the target: 10^(12 − decimals).
    pub unit: i128,
}

impl Target {
    /// As stored without a `round`: 12 decimals, half to even.
    pub const STORED: Self = Self { decimals: 12, mode: Rounding::HalfEven, unit: 1 };

    /// At most 12 decimals.
    pub fn new(decimals: u32, mode: Rounding) -> Self {
        let decimals = decimals.min(Dec::SCALE);
        Self { decimals, mode, unit: 10_i128.pow(Dec::SCALE - decimals) }
    }

    /// A raw amount that is exact at 12 decimals.
    #[inline]
    pub fn of_raw(self, raw: i128) -> Result<i128, Code> {
        if self.unit == 1 { in_range(raw) } else { rounded(raw, 1, self) }
    }

    /// As many of its units as a numerator has of a denominator, rounded once.
    fn of_wide(self, numerator: Wide, denominator: Wide) -> Result<i128, Code> {
        let units = numerator.div_round(denominator, self.mode).map_err(|_| Code::Overflow)?;
        in_range(units.to_i128().and_then(|units| units.checked_mul(self.unit)).ok_or(Code::Overflow)?)
    }
}

/// `numerator / denominator` raw units, rounded once.
#[inline]
pub fn rounded(numerator: i128, denominator: i128, target: Target) -> Result<i128, Code> {
    if let Some(denominator) = denominator.checked_mul(target.unit) {
        let units = div_round_i128(numerator, denominator, target.mode).map_err(|_| Code::Overflow)?;
        return in_range(units.checked_mul(target.unit).ok_or(Code::Overflow)?);
    }
    target.of_wide(Wide::from(numerator), Wide::product(denominator, target.unit))
}

/// A raw value times a whole number, rounded once, however large the product.
pub fn times(raw: i128, number: i128, target: Target) -> Result<i128, Code> {
    match raw.checked_mul(number) {
        Some(exact) => target.of_raw(exact),
        None => target.of_wide(Wide::product(raw, number), Wide::from(target.unit)),
    }
}

/// `left` × `right`, rounded once, however large the product.
pub fn product(left: i128, right: i128, target: Target) -> Result<i128, Code> {
    let exact = ratio(left)?.checked_mul(ratio(right)?).map_err(|_| Code::Overflow)?;
    rounded_ratio(exact, target)
}

/// An exact value, rounded once.
pub fn rounded_ratio(value: Ratio, target: Target) -> Result<i128, Code> {
    value.to_dec(target.decimals, target.mode).map(Dec::raw).map_err(|_| Code::Overflow)
}

/// A raw value with at most 38 digits.
#[inline]
pub fn in_range(raw: i128) -> Result<i128, Code> {
    if raw.unsigned_abs() <= Dec::MAX.raw().unsigned_abs() { Ok(raw) } else { Err(Code::Overflow) }
}

/// A raw value as an exact fraction.
pub fn ratio(raw: i128) -> Result<Ratio, Code> {
    Dec::from_raw(raw).map(Ratio::from).map_err(|_| Code::Overflow)
}
