//! Text of any layout: utf8, large, view, dictionaries with any index, and other types by their canonical text.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};
use arrow_cast::cast;
use arrow_schema::DataType;

use super::{Cell, Numbers};
use crate::error::{Error, Result};
use partita_money::Dec;

const NULL: u32 = u32::MAX;

/// A chunk of text. Arrays are shared, not copied.
#[derive(Debug, Clone)]
pub enum Text {
    /// A column that is not there, or a constant in place of one.
    Same(Option<String>),
    Small(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    /// A value per distinct text and a code per row.
    Dictionary {
        values: Box<Text>,
        codes: Vec<u32>,
    },
}

impl Text {
    /// Reads an Arrow array; `name` is for the error.
    pub fn read(name: &str, array: &ArrayRef, float_decimals: Option<u32>) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Null => Self::Same(None),
            DataType::Utf8 => Self::Small(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Self::Large(array.as_string::<i64>().clone()),
            DataType::Utf8View => Self::View(array.as_string_view().clone()),
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let values = Self::read(name, dictionary.values(), float_decimals)?;
                let codes = dictionary_codes(dictionary);
                Self::Dictionary { values: Box::new(values), codes }
            }
            kind if kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Date32) => {
                Self::Small(cast(array, &DataType::Utf8).map_err(internal)?.as_string::<i32>().clone())
            }
            kind if kind.is_temporal() => {
                Self::Small(cast(array, &DataType::Utf8).map_err(internal)?.as_string::<i32>().clone())
            }
            kind if kind.is_decimal() || (kind.is_floating() && float_decimals.is_some()) => {
                let numbers = Numbers::read(name, array, float_decimals)?;
                Self::Small((0..array.len()).map(|row| decimal_text(&numbers, row)).collect())
            }
            kind if kind.is_floating() => return Err(Numbers::float_refused(name)),
            kind => {
                return Err(Error::UsageSchema(format!(
                    "column {name:?} has type {kind}; a text, number, time or Boolean is needed"
                )));
            }
        })
    }

    /// The text of one row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Same(text) => text.as_deref(),
            Self::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary { values, codes } => match codes[row] {
                NULL => None,
                code => values.get(code as usize),
            },
        }
    }

    /// Whether some row may be null.
    pub fn has_nulls(&self, rows: usize) -> bool {
        match self {
            Self::Same(text) => text.is_none() && rows > 0,
            Self::Small(array) => array.null_count() > 0,
            Self::Large(array) => array.null_count() > 0,
            Self::View(array) => array.null_count() > 0,
            Self::Dictionary { values, codes } => values.has_nulls(codes.len()) || codes.contains(&NULL),
        }
    }

    /// One code per row: `code_of` is called once per row, or once per distinct value of a dictionary.
    pub fn codes<C: Copy>(&self, rows: usize, mut code_of: impl FnMut(Option<&str>) -> C) -> Vec<C> {
        match self {
            Self::Same(text) => vec![code_of(text.as_deref()); rows],
            Self::Dictionary { values, codes } => {
                let mut known: Vec<Option<C>> = vec![None; values.distinct()];
                let null = code_of(None);
                let mut resolve =
                    |code: u32| *known[code as usize].get_or_insert_with(|| code_of(values.get(code as usize)));
                codes.iter().map(|&code| if code == NULL { null } else { resolve(code) }).collect()
            }
            Self::Small(array) if array.null_count() == 0 => {
                (0..rows).map(|row| code_of(Some(array.value(row)))).collect()
            }
            _ => (0..rows).map(|row| code_of(self.get(row))).collect(),
        }
    }

    /// An upper bound of the bytes of any of its texts, found without looking at them.
    pub fn longest(&self) -> usize {
        let longest = match self {
            Self::Same(text) => return text.as_ref().map_or(0, String::len),
            Self::Small(array) => {
                let (starts, ends) = (array.value_offsets(), &array.value_offsets()[1..]);
                i64::from(starts.iter().zip(ends).map(|(start, end)| end - start).fold(0, i32::max))
            }
            Self::Large(array) => {
                let (starts, ends) = (array.value_offsets(), &array.value_offsets()[1..]);
                starts.iter().zip(ends).map(|(start, end)| end - start).fold(0, i64::max)
            }
            // The low 32 bits of a view are its length.
            Self::View(array) => array.views().iter().map(|&view| i64::from(view as u32)).max().unwrap_or(0),
            Self::Dictionary { values, .. } => return values.longest(),
        };
        usize::try_from(longest).unwrap_or(usize::MAX)
    }

    fn distinct(&self) -> usize {
        match self {
            Self::Same(_) => 1,
            Self::Small(array) => array.len(),
            Self::Large(array) => array.len(),
            Self::View(array) => array.len(),
            Self::Dictionary { codes, .. } => codes.len(),
        }
    }
}

/// The indices of a dictionary array as `u32`, nulls as `u32::MAX`.
fn dictionary_codes(dictionary: &dyn arrow_array::array::AnyDictionaryArray) -> Vec<u32> {
    let keys = dictionary.keys();
    if dictionary.values().is_empty() {
        return vec![NULL; keys.len()];
    }
    let codes = dictionary.normalized_keys();
    let code = |row: usize| if keys.is_null(row) { NULL } else { u32::try_from(codes[row]).unwrap_or(NULL) };
    (0..keys.len()).map(code).collect()
}

fn decimal_text(numbers: &Numbers, row: usize) -> Option<String> {
    match numbers.cells.get(row) {
        Cell::Fine => Dec::from_raw(numbers.values[row]).ok().map(|dec| dec.to_string()),
        Cell::Null => None,
        _ => numbers.text.as_ref().and_then(|text| text.get(row)).map(str::to_owned),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn internal(error: arrow_schema::ArrowError) -> Error {
    Error::Internal(error.to_string())
}
