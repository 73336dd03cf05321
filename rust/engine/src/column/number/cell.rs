//! One number: its raw value, or what is wrong with it.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_cast::cast;
use arrow_schema::DataType;
use partita_money::{Dec, MoneyError};

use crate::column::Cell;
use crate::error::{Error, Result};

/// Some numbers of an array as text.
pub(super) fn texts(array: &ArrayRef, wanted: impl Fn(usize) -> bool) -> Result<StringArray> {
    let all = cast(array, &DataType::Utf8).map_err(|error| Error::Internal(error.to_string()))?;
    let all = all.as_string::<i32>();
    Ok((0..all.len()).map(|row| (all.is_valid(row) && wanted(row)).then(|| shortest(all.value(row)))).collect())
}

/// A decimal number without a plus, and without zeros that say nothing.
pub(super) fn shortest(text: &str) -> String {
    let text = text.trim_ascii();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.trim_start_matches('+')), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let (whole, point) = (if whole.is_empty() { "0" } else { whole }, if part.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{part}")
}

#[inline]
pub(super) fn multiplied(value: i128, power: i128) -> Result<i128, Cell> {
    let fits = |raw: &i128| raw.unsigned_abs() <= Dec::MAX.raw().unsigned_abs();
    value.checked_mul(power).filter(fits).ok_or(if value < 0 { Cell::TooLow } else { Cell::TooLarge })
}

#[inline]
pub(super) fn divided(value: i128, power: i128) -> Result<i128, Cell> {
    if value % power == 0 { Ok(value / power) } else { Err(Cell::TooManyDecimals) }
}

/// The raw value of decimal text.
pub(super) fn parse(text: &str) -> Result<i128, Cell> {
    let text = text.trim_ascii();
    match Dec::parse(text) {
        Ok(dec) => Ok(dec.raw()),
        Err(MoneyError::TooManyDecimals { .. }) => Err(Cell::TooManyDecimals),
        Err(MoneyError::Overflow { .. }) if text.starts_with('-') => Err(Cell::TooLow),
        Err(MoneyError::Overflow { .. }) => Err(Cell::TooLarge),
        Err(_) => Err(Cell::Bad),
    }
}
