//! Exact sums: what is left of a period's lines and shares once nobody asks about a single record.
//!
//! A run over hundreds of millions of records keeps the sums of its partitions and merges them; bills and statements are
//! made of the merged sums alone. Adding is exact and the order is that of the names, byte by byte, so neither the cut
//! into partitions nor their order can be seen in the result.

mod layout;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use partita_money::Dec;
use rayon::prelude::*;

use crate::column::ONE;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::names::Names;
use crate::output::{batch, decimals, dictionary, numbers, texts};
use crate::subscriber::NONE;
pub use layout::{BILLED, LINES, Layout, SHARES, line, share};

/// One sum: the codes of its texts (`NONE` is null), its version, the raw amount and how many records made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum<const N: usize> {
    pub texts: [u32; N],
    pub version: i32,
    pub amount: i128,
    pub records: i64,
}

impl<const N: usize> Sum<N> {
    /// What it is the sum of, as words in some order; nulls come first.
    fn words(&self, order: &[usize]) -> impl Iterator<Item = u32> {
        let version = self.version.cast_unsigned() ^ 1 << 31;
        order.iter().map(move |&place| self.texts.get(place).map_or(version, |code| code.wrapping_add(1)))
    }

    fn is_of_the_same(&self, other: &Self) -> bool {
        (self.texts, self.version) == (other.texts, other.version)
    }
}

/// Sums with the names of each text column.
#[derive(Debug)]
pub struct Sums<const N: usize> {
    pub names: [Names; N],
    pub rows: Vec<Sum<N>>,
}

impl<const N: usize> Default for Sums<N> {
    fn default() -> Self {
        Self { names: std::array::from_fn(|_| Names::default()), rows: Vec::new() }
    }
}

impl<const N: usize> Sums<N> {
    /// All rows of some batches, merged, in the order of the layout. With a `period`, only those of that period.
    pub fn read(layout: &Layout<N>, batches: &[RecordBatch], period: Option<&str>) -> Result<Self> {
        let mut sums = Self::default();
        sums.rows.reserve_exact(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in batches {
            interrupt::check()?;
            sums.add_batch(layout, batch, period)?;
        }
        sums.merged(layout)
    }

    fn add_batch(&mut self, layout: &Layout<N>, batch: &RecordBatch, period: Option<&str>) -> Result<()> {
        let rows = batch.num_rows();
        let of_column = |(names, column): (&mut Names, &str)| {
            let text = texts(layout.name, batch, column)?;
            Ok(text.codes(rows, |text| text.map_or(NONE, |text| names.intern(text))))
        };
        let columns: Vec<_> = self.names.iter_mut().zip(layout.texts).collect();
        let codes: Vec<Result<Vec<u32>>> = columns.into_par_iter().map(of_column).collect();
        let codes = codes.into_iter().collect::<Result<Vec<_>>>()?;
        let amounts = numbers(layout.name, batch, "amount")?;
        let versions = numbers(layout.name, batch, "version")?;
        let records = match batch.column_by_name("records") {
            Some(_) => numbers(layout.name, batch, "records")?,
            None => vec![0; rows],
        };
        let wanted = period.map(|period| self.names.first().and_then(|names| names.code(period)).unwrap_or(NONE));
        let numbers = amounts.into_iter().zip(versions.into_iter().zip(records));
        for (row, (amount, (version, records))) in numbers.enumerate() {
            let texts = std::array::from_fn(|column| codes[column][row]);
            if wanted.is_none_or(|period| texts.first() == Some(&period)) {
                let version = i32::try_from(version / ONE).map_err(|_| too_large(layout.name, "version"))?;
                let records = i64::try_from(records / ONE).map_err(|_| too_large(layout.name, "records"))?;
                self.rows.push(Sum { texts, version, amount, records });
            }
        }
        Ok(())
    }

    /// Adds a sum with these texts.
    pub fn push(&mut self, texts: [Option<&str>; N], sum: Sum<N>) {
        let mut codes = [NONE; N];
        for ((code, text), names) in codes.iter_mut().zip(texts).zip(&mut self.names) {
            *code = text.map_or(NONE, |text| names.intern(text));
        }
        self.rows.push(Sum { texts: codes, ..sum });
    }

    /// The text of a row's column.
    pub fn text(&self, row: &Sum<N>, column: usize) -> Option<&str> {
        self.names.get(column)?.name(*row.texts.get(column)?)
    }

    /// Equal keys added up, in the order of the layout; codes then have the order of their names, byte by byte.
    pub fn merged(mut self, layout: &Layout<N>) -> Result<Self> {
        let ranks: Vec<Vec<u32>> = self.names.par_iter_mut().map(Names::sort).collect();
        self.rows.par_iter_mut().for_each(|row| {
            for (code, ranks) in row.texts.iter_mut().zip(&ranks) {
                *code = ranks.get(*code as usize).copied().unwrap_or(NONE);
            }
        });
        self.sort(layout.order);
        let mut kept = 0;
        for place in 0..self.rows.len() {
            let row = self.rows[place];
            if let Some(last) = self.rows[..kept].last_mut().filter(|last| last.is_of_the_same(&row)) {
                last.amount = add(last.amount, row.amount)?;
                last.records = last.records.saturating_add(row.records);
            } else {
                self.rows[kept] = row;
                kept += 1;
            }
        }
        self.rows.truncate(kept);
        Ok(self)
    }

    /// Puts the rows in order. Where their words fit 128 bits, as they mostly do, one number stands for them.
    fn sort(&mut self, order: &[usize]) {
        let bits = |names: &Names| usize::BITS - names.len().leading_zeros();
        let widths: Vec<u32> = order.iter().map(|&place| self.names.get(place).map_or(u32::BITS, bits)).collect();
        if widths.iter().sum::<u32>() > u128::BITS {
            self.rows.par_sort_unstable_by(|a, b| a.words(order).cmp(b.words(order)));
            return;
        }
        let packed =
            |row: &Sum<N>| row.words(order).zip(&widths).fold(0, |key, (word, width)| key << width | u128::from(word));
        self.rows.par_sort_by_cached_key(packed);
    }

    /// The sums as a table.
    pub fn to_batch(&self, layout: &Layout<N>) -> Result<RecordBatch> {
        let column = |field: &Arc<arrow_schema::Field>| -> Result<ArrayRef> {
            match field.name().as_str() {
                "amount" => decimals(self.rows.iter().map(|row| row.amount).collect()),
                "version" => Ok(Arc::new(self.rows.iter().map(|row| row.version).collect::<Int32Array>())),
                "records" => Ok(Arc::new(self.rows.iter().map(|row| row.records).collect::<Int64Array>())),
                name => self.text_column(layout, name),
            }
        };
        batch(layout.schema, layout.schema.fields().iter().map(column).collect::<Result<_>>()?)
    }

    fn text_column(&self, layout: &Layout<N>, name: &str) -> Result<ArrayRef> {
        let place = layout.texts.iter().position(|text| *text == name);
        let place = place.ok_or_else(|| Error::Internal(format!("{} have no text {name:?}", layout.name)))?;
        let codes: Vec<u32> = self.rows.iter().map(|row| row.texts[place]).collect();
        dictionary(&self.names[place], &codes)
    }
}

/// The exact sum of two raw amounts, if it has at most 38 digits.
pub fn add(left: i128, right: i128) -> Result<i128> {
    Ok(Dec::from_raw(left)?.checked_add(Dec::from_raw(right)?)?.raw())
}

fn too_large(table: &str, column: &str) -> Error {
    Error::UsageSchema(format!("{table}: {column:?} is too large"))
}

/// Line sums of several partitions as one table.
pub fn merge_line_sums(batches: &[RecordBatch]) -> Result<RecordBatch> {
    Sums::read(&LINES, batches, None)?.to_batch(&LINES)
}

/// Share sums of several partitions as one table.
pub fn merge_share_sums(batches: &[RecordBatch]) -> Result<RecordBatch> {
    Sums::read(&SHARES, batches, None)?.to_batch(&SHARES)
}
