//! Results as Arrow columns: names with codes become dictionaries, raw values decimals.

use arrow_array::{Array, ArrayRef, RecordBatch};
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
}

impl NameColumn {
    /// No row yet, and room for so many.
    pub fn with_capacity(rows: usize) -> Self {
        Self { names: Names::default(), codes: Vec::with_capacity(rows) }
    }

    /// One more row. The name of the row before is not looked up again.
    pub fn push(&mut self, name: Option<&str>) {
        let last = self.codes.last().copied().filter(|&code| code != NONE && self.names.name(code) == name);
        self.codes.push(last.unwrap_or_else(|| name.map_or(NONE, |name| self.names.intern(name))));
    }

    /// The code of a name, for rows that are added by code.
    pub fn code(&mut self, name: &str) -> u32 {
        self.names.intern(name)
    }

    /// One more row, by the code of its name.
    pub fn push_code(&mut self, code: u32) {
        self.codes.push(code);
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

/// A text column of an input table.
pub fn texts(table: &str, batch: &RecordBatch, name: &str) -> Result<crate::column::Text> {
    crate::column::Text::read(name, column(table, batch, name)?, None)
}
