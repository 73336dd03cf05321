//! Exact numbers at 12 decimals from any integer or decimal width, from text, and from floats whose decimals the
//! catalog declares.

mod cell;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use partita_money::Dec;

use super::raw::Raw;
use super::{Cell, Cells, Text, float};
use crate::error::{Error, Result};
use cell::{divided, multiplied, parse, shortest, texts};

/// 10^12: one, at 12 decimals.
pub const ONE: i128 = 1_000_000_000_000;

/// A chunk of numbers: raw values at 12 decimals (0 where the cell is not fine).
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    pub values: Raw,
    /// The same numbers as integers, when the column's type holds only integers.
    pub whole: Option<ScalarBuffer<i64>>,
    pub cells: Cells,
    /// What was written, where the column is text, or what a decimal that is no fine number would be as text.
    pub text: Option<Text>,
}

impl Numbers {
    /// The number of a row, also of one that is too large.
    pub fn shown(&self, row: usize) -> Option<String> {
        match self.cells.get(row) {
            Cell::Fine => Some(super::shown(self.values[row])),
            Cell::TooLarge | Cell::TooLow => self.text.as_ref().and_then(|text| text.get(row)).map(shortest),
            _ => None,
        }
    }

    /// Reads an Arrow array; `float_decimals` are those declared for a float column.
    pub fn read(name: &str, array: &ArrayRef, float_decimals: Option<u32>) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Int8 => Self::integers::<Int8Type>(array),
            DataType::Int16 => Self::integers::<Int16Type>(array),
            DataType::Int32 => Self::integers::<Int32Type>(array),
            DataType::Int64 => Self::whole(array, array.as_primitive::<Int64Type>().values().clone()),
            DataType::UInt8 => Self::integers::<UInt8Type>(array),
            DataType::UInt16 => Self::integers::<UInt16Type>(array),
            DataType::UInt32 => Self::integers::<UInt32Type>(array),
            DataType::UInt64 => {
                Self::scaled(array, array.as_primitive::<UInt64Type>().values().iter().map(|&v| i128::from(v)), 0)?
            }
            DataType::Decimal32(_, scale) => Self::scaled(
                array,
                array.as_primitive::<Decimal32Type>().values().iter().map(|&v| i128::from(v)),
                *scale,
            )?,
            DataType::Decimal64(_, scale) => Self::scaled(
                array,
                array.as_primitive::<Decimal64Type>().values().iter().map(|&v| i128::from(v)),
                *scale,
            )?,
            DataType::Decimal128(_, 12) if Raw::is_shared(array.as_primitive()) => Self {
                values: array.as_primitive::<Decimal128Type>().values().clone().into(),
                whole: None,
                cells: Cells::default(),
                text: None,
            },
            DataType::Decimal128(_, scale) => {
                Self::scaled(array, array.as_primitive::<Decimal128Type>().values().iter().copied(), *scale)?
            }
            DataType::Duration(unit) => {
                let scale = match unit {
                    TimeUnit::Second => 0,
                    TimeUnit::Millisecond => 3,
                    TimeUnit::Microsecond => 6,
                    TimeUnit::Nanosecond => 9,
                };
                let ticks = cast(array, &DataType::Int64).map_err(|e| Error::Internal(e.to_string()))?;
                Self::scaled(&ticks, ticks.as_primitive::<Int64Type>().values().iter().map(|&v| i128::from(v)), scale)?
            }
            DataType::Float32 | DataType::Float64 | DataType::Float16 => {
                let decimals = float_decimals.ok_or_else(|| Self::float_refused(name))?;
                Self::floats(array, decimals)?
            }
            DataType::Dictionary(_, value)
                if !matches!(**value, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) =>
            {
                let plain = cast(array, value).map_err(|e| Error::Internal(e.to_string()))?;
                Self::read(name, &plain, float_decimals)?
            }
            DataType::Null => Self::nulls(array.len()),
            // Decimal256 goes through its text: it is rare, and every digit counts.
            DataType::Decimal256(_, _) => Self::parsed(&Text::Small(texts(array, |_| true)?), array.len()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                Self::parsed(&Text::read(name, array, None)?, array.len())
            }
            kind => {
                return Err(Error::UsageSchema(format!(
                    "column {name:?} has type {kind}; a number (integer, decimal or decimal text) is needed"
                )));
            }
        })
    }

    /// The number of a row in whole units, if it is one and fits.
    #[inline]
    pub fn units(&self, row: usize) -> Option<i64> {
        match &self.whole {
            Some(whole) => Some(whole[row]),
            None => Self::units_of(self.values[row]),
        }
    }

    /// The same of a raw number.
    #[inline]
    pub fn units_of(raw: i128) -> Option<i64> {
        const UNIT: u64 = 1_000_000_000_000;
        if let Ok(raw) = u64::try_from(raw) {
            return raw.is_multiple_of(UNIT).then_some((raw / UNIT).cast_signed());
        }
        (raw % ONE == 0).then(|| i64::try_from(raw / ONE).ok())?
    }

    /// The error for a float column whose decimals nobody declared.
    pub fn float_refused(name: &str) -> Error {
        Error::UsageSchema(format!(
            "column {name:?} holds binary floats; declare the decimals to read it at (usage: decimals: {{{name}: 2}}), or send decimals or text"
        ))
    }

    /// The same number in every row.
    pub fn constant(value: Dec, rows: usize) -> Self {
        let whole = (value.raw() % ONE == 0).then(|| i64::try_from(value.raw() / ONE).ok()).flatten();
        let whole = whole.map(|number| vec![number; rows].into());
        Self { values: vec![value.raw(); rows].into(), whole, cells: Cells::default(), text: None }
    }

    /// No number in any row.
    pub fn nulls(rows: usize) -> Self {
        Self { values: Raw::zeros(rows), whole: None, cells: Cells::all_null(rows), text: None }
    }

    fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Self
    where
        T::Native: Into<i64>,
    {
        Self::whole(array, array.as_primitive::<T>().values().iter().map(|&number| number.into()).collect())
    }

    fn whole(array: &ArrayRef, whole: ScalarBuffer<i64>) -> Self {
        Self { values: Raw::of_whole(whole.clone()), whole: Some(whole), cells: Cells::nulls_of(array), text: None }
    }

    fn scaled(array: &ArrayRef, values: impl Iterator<Item = i128>, scale: i8) -> Result<Self> {
        let rows = array.len();
        let (mut cells, mut all_fit) = (Cells::nulls_of(array), true);
        let shift = 12 - i32::from(scale);
        let power = 10_i128.pow(shift.unsigned_abs().min(38));
        let values = values
            .enumerate()
            .map(|(row, value)| {
                let scaled = if shift >= 0 { multiplied(value, power) } else { divided(value, power) };
                scaled.unwrap_or_else(|cell| {
                    if cells.get(row) == Cell::Fine {
                        cells.set(row, rows, cell);
                        all_fit = false;
                    }
                    0
                })
            })
            .collect::<Vec<_>>();
        let is_unfit = |row: usize| !matches!(cells.get(row), Cell::Fine | Cell::Null);
        let text = if all_fit { None } else { Some(Text::Small(texts(array, is_unfit)?)) };
        Ok(Self { values: values.into(), whole: None, cells, text })
    }

    /// Floats at the declared decimals; one that is no number is none that is there.
    fn floats(array: &ArrayRef, decimals: u32) -> Result<Self> {
        let wide = cast(array, &DataType::Float64).map_err(|e| Error::Internal(e.to_string()))?;
        let floats = wide.as_primitive::<Float64Type>();
        let (rows, mut cells, mut texts) = (floats.len(), Cells::default(), Vec::new());
        let mut read = |row: usize, float: f64| {
            let cell = match float::at(float, decimals) {
                _ if floats.is_null(row) || float.is_nan() => Cell::Null,
                Some(raw) => return raw,
                None if float.is_infinite() => Cell::Bad,
                None if float < 0.0 => Cell::TooLow,
                None => Cell::TooLarge,
            };
            if cell != Cell::Null {
                texts.resize(rows, None);
                texts[row] = Some(format!("{float:.0}"));
            }
            cells.set(row, rows, cell);
            0
        };
        let values: Vec<i128> = floats.values().iter().enumerate().map(|(row, &float)| read(row, float)).collect();
        let text = (!texts.is_empty()).then(|| Text::Small(texts.into_iter().collect()));
        Ok(Self { values: values.into(), whole: None, cells, text })
    }

    fn parsed(text: &Text, rows: usize) -> Self {
        let mut cells = Cells::default();
        let values = (0..rows)
            .map(|row| {
                let parsed = text.get(row).map_or(Err(Cell::Null), parse);
                parsed.unwrap_or_else(|cell| {
                    cells.set(row, rows, cell);
                    0
                })
            })
            .collect::<Vec<_>>();
        Self { values: values.into(), whole: None, cells, text: Some(text.clone()) }
    }
}
