//! The columns of the two tables, and what is wrong with their rows.

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{Array, ArrayRef, Date32Array, RecordBatch};
use arrow_schema::DataType;

use crate::catalog::Moment;
use crate::clock::TimeZone;
use crate::column::{Cell, Numbers, ONE, Text, TimeFormat, Times};
use crate::error::{Error, Problem, Result};
use crate::interrupt::check_at;
use crate::under_way::AHEAD;

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A problem of a row, where it is known which.
    pub fn add(&mut self, table: &str, row: impl Into<Option<usize>>, message: String) {
        let path = row.into().map_or_else(|| table.to_owned(), |row| format!("{table}[{row}]"));
        self.0.push(Problem { path, message });
    }

    /// A value, if nothing is wrong with it.
    pub fn or<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Catalog(self.0)) }
    }
}

/// The columns of one of the two tables.
pub struct Columns<'a> {
    pub table: &'a RecordBatch,
    pub name: &'static str,
}

impl Columns<'_> {
    fn find(&self, column: &str) -> Option<&ArrayRef> {
        self.table.column_by_name(column)
    }

    pub fn text(&self, column: &str) -> Result<Text> {
        let array = self.find(column).ok_or_else(|| {
            let found: Vec<_> = self.table.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
            Error::catalog(self.name, format!("the table needs a column {column:?}; it has {}", found.join(", ")))
        })?;
        Text::read(column, array, None)
    }

    pub fn optional_text(&self, column: &str) -> Result<Text> {
        self.find(column).map_or(Ok(Text::Same(None)), |array| Text::read(column, array, None))
    }

    pub fn wholes(&self, column: &str) -> Result<Wholes> {
        self.find(column).map(|array| Numbers::read(column, array, None)).transpose().map(Wholes)
    }

    pub fn moments(&self, column: &str) -> Result<Moments> {
        let Some(array) = self.find(column) else { return Ok(Moments::Absent) };
        if let DataType::Date32 = array.data_type() {
            return Ok(Moments::Dates(array.as_primitive::<Date32Type>().clone()));
        }
        Times::read(column, array, &TimeFormat { format: None, zone: None, refuse: false }).map(Moments::Times)
    }

    /// Every key of every row, from `keys` (a list) or `key`; and one that comes some steps later, if there is one.
    pub fn each_key(&self, mut each: impl FnMut(usize, &str, Option<&str>)) -> Result<()> {
        let rows = self.table.num_rows();
        if let Some(lists) = self.find("keys") {
            let lists = match lists.data_type() {
                DataType::List(_) => arrow_cast::cast(lists, &DataType::new_large_list(DataType::Utf8, true)),
                _ => Ok(lists.clone()),
            };
            let lists = lists.map_err(|e| Error::Internal(e.to_string()))?;
            let lists = lists
                .as_list_opt::<i64>()
                .ok_or_else(|| Error::catalog(self.name, "the column keys is a list of texts"))?;
            let keys = Text::read("keys", lists.values(), None)?;
            for row in (0..rows).filter(|&row| lists.is_valid(row)) {
                check_at(row)?;
                let offsets = lists.value_offsets();
                for at in offsets[row]..offsets[row + 1] {
                    let Ok(at) = usize::try_from(at) else { continue };
                    if let Some(key) = keys.get(at) {
                        each(row, key, ahead(&keys, at, lists.values().len()));
                    }
                }
            }
        }
        let key = self.optional_text("key")?;
        for row in 0..rows {
            check_at(row)?;
            if let Some(own) = key.get(row) {
                each(row, own, ahead(&key, row, rows));
            }
        }
        Ok(())
    }
}

/// The text some rows after one, of so many: what leads to it can be asked for now.
pub fn ahead(texts: &Text, row: usize, rows: usize) -> Option<&str> {
    Some(row + AHEAD).filter(|&later| later < rows).and_then(|later| texts.get(later))
}

/// A column of whole numbers that need not be there.
pub struct Wholes(Option<Numbers>);

impl Wholes {
    pub fn get<N: TryFrom<i128>>(&self, row: usize) -> Option<N> {
        let numbers = self.0.as_ref().filter(|numbers| numbers.cells.get(row) == Cell::Fine)?;
        N::try_from(numbers.values[row] / ONE).ok()
    }
}

/// A column of dates (midnight in the account's zone) or instants.
pub enum Moments {
    Absent,
    Dates(Date32Array),
    Times(Times),
}

impl Moments {
    pub fn instant(&self, row: usize, clock: &TimeZone) -> Option<i64> {
        match self {
            Self::Absent => None,
            Self::Dates(days) => days.is_valid(row).then(|| clock.moment(Moment::Date(days.value(row)))),
            Self::Times(times) => (times.cells.get(row) == Cell::Fine).then(|| times.values[row]),
        }
    }

    /// Whether its moments follow the account's zone.
    pub const fn are_dates(&self) -> bool {
        !matches!(self, Self::Times(_))
    }
}
