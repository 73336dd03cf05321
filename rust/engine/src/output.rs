//! Results as Arrow columns: names with codes become dictionaries, raw values decimals.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use crate::column::write;
pub use crate::column::write::decimals;
use crate::error::{Error, Result};
use crate::names::Names;
use crate::subscriber::NONE;

/// A dictionary column that grows by a name a row.
#[derive(Debug, Default)]
pub struct NameColumn {
    names: Names,
    codes: Vec<u32>,
    /// Codes of names that came lately, by what they end with. One that was not set leads to the first name or to none,
    /// and whether a name is the one looked for is always seen by itself.
    recent: [u32; RECENT],
}

/// How many names are remembered: zones, bands and charges come again and again, line after line.
const RECENT: usize = 32;

impl NameColumn {
    /// No row yet, and room for so many.
    pub fn with_capacity(rows: usize) -> Self {
        Self { codes: Vec::with_capacity(rows), ..Self::default() }
    }

    /// One more row. A name that came lately is not looked up again.
    pub fn push(&mut self, name: Option<&str>) {
        let code = name.map_or(NONE, |name| self.code(name));
        self.codes.push(code);
    }

    /// The code of a name, for rows that are added by code.
    pub fn code(&mut self, name: &str) -> u32 {
        let recent = &mut self.recent[ending(name) % RECENT];
        if self.names.name(*recent) != Some(name) {
            *recent = self.names.intern(name);
        }
        *recent
    }

    /// One more row, by the code of its name.
    pub fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    /// How many names its rows have, so that every code is below that.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The codes of the rows so far.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The column.
    pub fn finish(self) -> Result<ArrayRef> {
        dictionary(&self.names, &self.codes)
    }
}

/// A number that the last 16 bytes of a name make, and its length: names of one column differ there.
fn ending(name: &str) -> usize {
    let (rest, last) = name.as_bytes().split_last_chunk::<8>().unwrap_or((name.as_bytes(), &[0; 8]));
    let before = match rest.last_chunk::<8>() {
        Some(before) => u64::from_le_bytes(*before),
        None => rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    let word = u64::from_le_bytes(*last) ^ before.rotate_left(29) ^ name.len() as u64;
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}

/// A dictionary column of names by their codes; `NONE` is null.
pub fn dictionary(names: &Names, codes: &[u32]) -> Result<ArrayRef> {
    let codes = codes.iter().map(|code| code.cast_signed()).collect();
    write::dictionary(codes, &names.values())
}

/// The batch of a schema's columns.
pub fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema.clone(), columns).map_err(internal)
}

/// A column without any value.
pub fn nulls(schema: &SchemaRef, column: &str, rows: usize) -> Result<ArrayRef> {
    let field = schema.field_with_name(column).map_err(internal)?;
    Ok(arrow_array::new_null_array(field.data_type(), rows))
}

/// A failure of Arrow's that only a mistake of ours can cause.
#[allow(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub fn internal(error: ArrowError) -> Error {
    Error::Internal(error.to_string())
}

/// A column of an input table.
pub fn column<'a>(table: &str, batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| {
        let found: Vec<_> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        Error::UsageSchema(format!("{table} need a column {name:?}; the table has {}", found.join(", ")))
    })
}

/// The raw values of a decimal column without nulls.
pub fn numbers(table: &str, batch: &RecordBatch, name: &str) -> Result<Vec<i128>> {
    let array = column(table, batch, name)?;
    let numbers = crate::column::Numbers::read(name, array, None)?;
    let good = numbers.cells.all_fine() || array.is_empty();
    if good {
        Ok(numbers.values.to_vec())
    } else {
        Err(Error::UsageSchema(format!("{table}: {name:?} holds no number")))
    }
}

/// A column of truths without nulls.
pub fn flags(table: &str, batch: &RecordBatch, name: &str) -> Result<BooleanArray> {
    let array = column(table, batch, name)?.as_boolean_opt().filter(|array| array.null_count() == 0);
    array.cloned().ok_or_else(|| Error::UsageSchema(format!("{table}: {name:?} has to be true or false in every row")))
}

/// A text column of an input table.
pub fn texts(table: &str, batch: &RecordBatch, name: &str) -> Result<crate::column::Text> {
    crate::column::Text::read(name, column(table, batch, name)?, None)
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;

    use super::*;

    #[test]
    fn names_that_push_each_other_out_keep_their_codes() {
        let names: Vec<String> = (0..200).map(|i| format!("{}p{}/abroad-{i}-off_peak", i % 7, i % 3)).collect();
        let mut column = NameColumn::default();
        let given: Vec<Option<&str>> = (0..3_000)
            .map(|i: usize| match i % 5 {
                0 => None,
                1 => Some(""),
                2 => Some("peak"),
                _ => names.get(i * i % 211).map(String::as_str),
            })
            .collect();
        for name in &given {
            column.push(*name);
        }
        let array = column.finish().unwrap();
        let found = array.as_dictionary::<Int32Type>();
        let found = found.downcast_dict::<arrow_array::StringArray>().unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), given);
    }
}
