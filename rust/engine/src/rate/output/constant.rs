//! Columns that are the same from end to end: made once and shared, for most columns of most chunks are.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, Int32Array};

use super::Writer;
use crate::column::write;
use crate::error::Result;
use crate::rate::{CHUNK, shared};

/// What a column of codes is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Kind,
    File,
    Plan,
    Service,
    Charge,
    Version,
    Zone,
    Band,
    Currency,
    Flags,
    Month,
    Agreement,
    Flow,
    Party,
}

/// Columns made so far.
pub type Constants = Mutex<Vec<(Column, i32, ArrayRef)>>;

/// How many are kept.
const MOST: usize = 256;

impl Writer<'_> {
    /// A column of one code; a negative one is null.
    pub(super) fn constant(&self, column: Column, code: i32, rows: usize) -> Result<ArrayRef> {
        if rows * 4 < CHUNK {
            return self.column(column, vec![code; rows]);
        }
        let mut made = self.constants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., array)) =
            made.iter().find(|(of, value, array)| (*of, *value) == (column, code) && array.len() >= rows)
        {
            return Ok(array.slice(0, rows));
        }
        let array = self.column(column, vec![code; CHUNK.max(rows)])?;
        if made.len() < MOST {
            made.push((column, code, Arc::clone(&array)));
        }
        Ok(array.slice(0, rows))
    }

    /// Forgets columns whose codes no longer mean the same.
    pub(super) fn forget(&mut self, column: Column) {
        self.constants.get_mut().unwrap_or_else(PoisonError::into_inner).retain(|made| made.0 != column);
    }

    /// A column of codes; those of one code are shared.
    pub(super) fn coded(&self, column: Column, codes: Vec<i32>) -> Result<ArrayRef> {
        match codes.first() {
            Some(&first) if codes.iter().all(|&code| code == first) => self.constant(column, first, codes.len()),
            _ => self.column(column, codes),
        }
    }

    fn column(&self, column: Column, codes: Vec<i32>) -> Result<ArrayRef> {
        let dictionaries = &self.engine.dictionaries;
        let values = match column {
            Column::Party => return write::dictionary(codes, &dictionaries.parties),
            Column::Version | Column::Flags => return Ok(shared(Int32Array::from(codes))),
            Column::Kind => &dictionaries.kinds,
            Column::File => &self.file_values,
            Column::Plan => &dictionaries.plans,
            Column::Service => &self.service_values,
            Column::Charge => &dictionaries.charges,
            Column::Zone => &dictionaries.zones,
            Column::Band => &dictionaries.bands,
            Column::Currency => &dictionaries.currencies,
            Column::Month => &dictionaries.months,
            Column::Agreement => &dictionaries.agreements,
            Column::Flow => &dictionaries.flows,
        };
        write::dictionary(codes, values)
    }
}
