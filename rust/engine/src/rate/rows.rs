//! A chunk of usage: the mapped columns of some rows, in plain form.

mod record;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch};

use crate::column::{Numbers, Text, TimeFormat, Times};
use crate::compile::{Compiled, Input, Usage};
use crate::error::{Error, Result};
pub use record::Record;

/// Rows in a chunk: its columns fit the second-level cache.
pub const CHUNK: usize = 16_384;

/// Longest key, id, source or attribute, in bytes.
pub const LONGEST: usize = 4_096;

/// A column that tells where a row stands in its file, for a stream that holds only some of it. Never an attribute.
pub const ROW_NUMBER: &str = "partita:row";

/// A column of the records' fingerprints, where they were made before; null where a record has none. Never an attribute.
pub const IDENTITY: &str = "partita:identity";

/// A batch without columns that only `gather` may make.
pub fn without_made(batch: &RecordBatch) -> Result<RecordBatch> {
    let fields = batch.schema_ref().fields().iter().enumerate();
    let others = fields.filter(|(_, field)| ![ROW_NUMBER, IDENTITY].contains(&field.name().as_str()));
    let others: Vec<usize> = others.map(|(place, _)| place).collect();
    if others.len() == batch.num_columns() {
        return Ok(batch.clone());
    }
    batch.project(&others).map_err(|error| Error::Internal(error.to_string()))
}

/// The mapped columns of a chunk.
#[derive(Debug)]
pub struct Rows {
    /// Number of the first row in its stream.
    first: u64,
    /// Numbers of all rows, where the stream holds only some of its file.
    numbers_given: Option<Int64Array>,
    /// Fingerprints of all records, of 16 bytes each, where they were made before and every record has one.
    pub identities_given: Option<FixedSizeBinaryArray>,
    pub len: usize,
    /// Rows that the mapping's `where` leaves out; empty when it has none.
    pub skipped: Vec<bool>,
    /// Whether some key, id, source or attribute is too long.
    pub has_long: bool,
    pub time: Times,
    pub key: Text,
    pub service: Text,
    pub source: Text,
    pub id: Option<Text>,
    pub quantity: Numbers,
    pub amount: Numbers,
    pub duration: Numbers,
    pub destination: Text,
    pub territory: Text,
    /// By attribute of the catalog.
    pub attributes: Vec<Text>,
    /// Places of the attributes in the order of their names.
    pub by_name: Arc<[usize]>,
    /// By attribute: the numbers that `dynamic` charges read.
    pub numbers: Vec<Option<Numbers>>,
}

/// Finds columns of a batch and says what is missing.
struct Finder<'a> {
    batch: &'a RecordBatch,
    usage: &'a Usage,
}

impl<'a> Finder<'a> {
    fn optional(&self, column: &str) -> Option<&'a ArrayRef> {
        self.batch.column_by_name(column)
    }

    fn required(&self, column: &str, role: &str) -> Result<&'a ArrayRef> {
        let fields = self.batch.schema_ref().fields();
        let mut own = fields.iter().zip(self.batch.columns()).filter(|(field, _)| field.name() == column);
        let told = || format!("usage {:?} maps {role} to column {column:?}", self.usage.id);
        let Some((_, array)) = own.next() else {
            let found: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
            return Err(Error::UsageSchema(format!("{}; the table has {}", told(), found.join(", "))));
        };
        match own.next() {
            Some(_) => Err(Error::UsageSchema(format!("{}, which stands in the table twice", told()))),
            None => Ok(array),
        }
    }

    fn decimals(&self, column: &str) -> Option<u32> {
        self.usage.decimals.get(column).copied()
    }

    /// Whether a mapped column is not there, and need not be.
    fn is_absent(&self, column: &str) -> bool {
        self.optional(column).is_none() && self.usage.optional.iter().any(|optional| optional == column)
    }

    fn text(&self, column: &str, role: &str) -> Result<Text> {
        if self.is_absent(column) {
            return Ok(Text::Same(None));
        }
        Text::read(column, self.required(column, role)?, self.decimals(column))
    }

    fn input_text(&self, input: &Input<String>, role: &str) -> Result<Text> {
        match input {
            Input::Column(column) => self.text(column, role),
            Input::Constant(text) => Ok(Text::Same(Some(text.clone()))),
        }
    }

    fn mapped_text(&self, column: Option<&String>, role: &str) -> Result<Text> {
        column.map_or(Ok(Text::Same(None)), |column| self.text(column, role))
    }

    fn number(&self, column: &str, role: &str) -> Result<Numbers> {
        if self.is_absent(column) {
            return Ok(Numbers::nulls(self.batch.num_rows()));
        }
        Numbers::read(column, self.required(column, role)?, self.decimals(column))
    }

    fn mapped_number(&self, column: Option<&String>, role: &str) -> Result<Numbers> {
        column.map_or_else(|| Ok(Numbers::nulls(self.batch.num_rows())), |column| self.number(column, role))
    }
}

impl Rows {
    /// Reads the mapped columns of a batch; those that no charge needs are not touched.
    pub fn read(compiled: &Compiled, usage: &Usage, batch: &RecordBatch, first: u64) -> Result<Self> {
        let find = Finder { batch, usage };
        let len = batch.num_rows();
        let format = TimeFormat {
            format: usage.time_format.as_deref(),
            zone: usage.clock.map(|clock| &compiled.clocks[clock]),
            refuse: usage.refuse_ambiguous_time,
        };
        let quantity = match &usage.quantity {
            Some(Input::Column(column)) => find.number(column, "quantity")?,
            Some(Input::Constant(value)) => Numbers::constant(*value, len),
            None => Numbers::nulls(len),
        };
        let attribute = |(column, named): &(String, bool)| match find.optional(column) {
            None if !*named => Ok(Text::Same(None)),
            _ => find.text(column, "an attribute"),
        };
        let numbers_given = find.optional(ROW_NUMBER).and_then(|array| array.as_primitive_opt::<Int64Type>()).cloned();
        let identities_given = find.optional(IDENTITY).and_then(|array| array.as_fixed_size_binary_opt());
        let identities_given = identities_given.filter(|array| array.value_length() == 16 && array.null_count() == 0);
        let mut rows = Self {
            first,
            numbers_given,
            identities_given: identities_given.cloned(),
            has_long: false,
            len,
            skipped: Self::left_out(&find, len)?,
            time: Times::read(&usage.time, find.required(&usage.time, "time")?, &format)?,
            key: find.text(&usage.key, "key")?,
            service: find.input_text(&usage.service, "service")?,
            source: find.input_text(&usage.source, "source")?,
            id: usage.record_id.as_ref().filter(|id| !find.is_absent(id)).map(|id| find.text(id, "id")).transpose()?,
            quantity,
            amount: find.mapped_number(usage.amount.as_ref(), "amount")?,
            duration: find.mapped_number(usage.duration.as_ref(), "duration")?,
            destination: find.mapped_text(usage.destination.as_ref(), "destination")?,
            territory: find.mapped_text(usage.territory.as_ref(), "territory")?,
            attributes: usage.attributes.iter().map(attribute).collect::<Result<_>>()?,
            by_name: usage.by_name.clone(),
            numbers: Self::numbers(compiled, &find)?,
        };
        let texts = [&rows.key, &rows.source].into_iter().chain(&rows.id).chain(&rows.attributes);
        rows.has_long = texts.map(Text::longest).any(|longest| longest > LONGEST);
        Ok(rows)
    }

    /// The ids and sources of a batch's records, where they have ids.
    pub fn identified(usage: &Usage, batch: &RecordBatch) -> Result<Option<(Text, Text)>> {
        let find = Finder { batch, usage };
        let Some(id) = usage.record_id.as_ref().filter(|id| !find.is_absent(id)) else { return Ok(None) };
        Ok(Some((find.text(id, "id")?, find.input_text(&usage.source, "source")?)))
    }

    /// How many rows the mapping's `where` leaves out.
    pub fn skipped(&self) -> usize {
        self.skipped.iter().filter(|skipped| **skipped).count()
    }

    /// Whether a row is one of them.
    #[inline]
    pub fn is_skipped(&self, row: usize) -> bool {
        self.skipped.get(row).copied().unwrap_or(false)
    }

    /// Where a row stands in its stream or file, from 0.
    #[inline]
    pub fn number(&self, row: usize) -> u64 {
        match &self.numbers_given {
            Some(numbers) => numbers.value(row).cast_unsigned(),
            None => self.first + row as u64,
        }
    }

    /// The same of some rows.
    pub fn numbers_of(&self, rows: &[u32]) -> Vec<i64> {
        match &self.numbers_given {
            Some(numbers) => rows.iter().map(|&row| numbers.value(row as usize)).collect(),
            None => rows.iter().map(|&row| (self.first + u64::from(row)).cast_signed()).collect(),
        }
    }

    fn left_out(find: &Finder, len: usize) -> Result<Vec<bool>> {
        let mut skipped = Vec::new();
        for (column, test) in &find.usage.keep_where {
            let text = find.text(column, "where")?;
            skipped.resize(len, false);
            let fits = text.codes(len, |text| u32::from(test.fits(text)));
            skipped.iter_mut().zip(fits).for_each(|(skip, fits)| *skip |= fits == 0);
        }
        Ok(skipped)
    }

    fn numbers(compiled: &Compiled, find: &Finder) -> Result<Vec<Option<Numbers>>> {
        let mut numbers: Vec<Option<Numbers>> = vec![None; find.usage.attributes.len()];
        for attribute in
            compiled.charges.iter().flat_map(|charge| charge.versions.iter().filter_map(|version| version.column))
        {
            let column = &find.usage.attributes[attribute].0;
            if let (None, Some(array)) = (&numbers[attribute], find.optional(column)) {
                numbers[attribute] = Some(Numbers::read(column, array, find.decimals(column))?);
            }
        }
        Ok(numbers)
    }
}
