//! Before rating: which partition a record belongs to, who it is, and what it holds.
//!
//! A run reads its usage once to lay each record into the partition of its account and to find duplicates among all of
//! them; both need only a few bytes a record.

use std::fmt::Write;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int32Array, RecordBatch};

use super::rows::{LONGEST, Rows};
use super::shared;
use crate::column::{Cell, Numbers};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::identity;
use crate::schema;

impl Engine {
    /// For each row: its identity (null if `where` skips it, or its id is null or too long), its content, and the
    /// partition of its account; rows of unknown keys are spread by their numbers. `partitions` are those of the
    /// accounts, in order, and `count` is how many there are.
    pub fn gather(
        &self,
        mapping: &str,
        content: &str,
        batch: &RecordBatch,
        partitions: &RecordBatch,
        count: u64,
    ) -> Result<RecordBatch> {
        let usage = self.usage(mapping)?;
        let of_accounts =
            partitions.column_by_name("partition").and_then(|column| column.as_primitive_opt::<Int32Type>());
        let of_accounts =
            of_accounts.ok_or_else(|| Error::Internal("the accounts have no int32 column partition".into()))?;
        let rows = Rows::read(&self.compiled, usage, batch, 0)?;
        let file = identity::text(content);
        let mut identities = FixedSizeBinaryBuilder::with_capacity(rows.len, 16);
        let mut contents = FixedSizeBinaryBuilder::with_capacity(rows.len, 16);
        let mut found = Vec::with_capacity(rows.len);
        let mut scratch = String::new();
        for row in 0..rows.len {
            let added = identity_of(&rows, row, file, &mut scratch)
                .map(|identity| identities.append_value(identity.to_be_bytes()));
            let added = added.unwrap_or_else(|| {
                identities.append_null();
                Ok(())
            });
            added.map_err(|error| Error::Internal(error.to_string()))?;
            write_content(&rows, row, &mut scratch);
            let print = identity::text(&scratch).to_be_bytes();
            contents.append_value(print).map_err(|error| Error::Internal(error.to_string()))?;
            found.push(self.partition_of(&rows, row, of_accounts.values(), count));
        }
        let columns: Vec<ArrayRef> =
            vec![shared(identities.finish()), shared(contents.finish()), shared(Int32Array::from(found))];
        RecordBatch::try_new(schema::GATHERED.clone(), columns).map_err(|error| Error::Internal(error.to_string()))
    }

    fn partition_of(&self, rows: &Rows, row: usize, partitions: &[i32], count: u64) -> i32 {
        let key = rows.key.get(row).and_then(|key| self.subscribers.key(key));
        let account = key.and_then(|key| {
            let subscription = *self.subscribers.of_key_code(key).first()?;
            self.subscribers.subscriptions.account.get(subscription as usize)
        });
        let known = account.and_then(|&account| partitions.get(account as usize)).copied();
        known.unwrap_or_else(|| i32::try_from(rows.number(row) % count.max(1)).unwrap_or(0))
    }
}

fn identity_of(rows: &Rows, row: usize, file: u128, scratch: &mut String) -> Option<u128> {
    if rows.skipped.get(row).copied().unwrap_or(false) {
        return None;
    }
    let Some(ids) = &rows.id else { return Some(identity::row(file, rows.number(row))) };
    let (id, source) = (ids.get(row)?, rows.source.get(row).unwrap_or(""));
    (id.len() <= LONGEST && source.len() <= LONGEST).then(|| identity::record(source, id, scratch))
}

/// The time and every mapped column, each marked as there or null.
fn write_content(rows: &Rows, row: usize, into: &mut String) {
    into.clear();
    let mut text = |text: Option<&str>| {
        into.push_str(if text.is_some() { "\u{1}" } else { "\0" });
        into.push_str(text.unwrap_or_default());
        into.push('\u{1f}');
    };
    let written = rows.time.text.as_ref().and_then(|text| text.get(row));
    text(if rows.time.cells.get(row) == Cell::Fine { None } else { written });
    for column in [&rows.key, &rows.service, &rows.destination, &rows.territory].into_iter().chain(&rows.attributes) {
        text(column.get(row));
    }
    let mut number = |numbers: &Numbers| {
        let cell = numbers.cells.get(row);
        let text = numbers.text.as_ref().filter(|_| cell != Cell::Fine).and_then(|text| text.get(row));
        // Writing to a string does not fail.
        let _ = write!(into, "{}:{:x}:{}\u{1f}", cell as u8, numbers.values[row], text.unwrap_or_default());
    };
    [&rows.quantity, &rows.amount, &rows.duration].into_iter().for_each(&mut number);
    let _ = write!(into, "{:x}", rows.time.values[row]);
}
