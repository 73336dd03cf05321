//! What a row must have to be a record.

use super::Fault;
use crate::clock::HORIZON;
use crate::column::Cell;
use crate::compile::Usage;
use crate::rate::rows::{LONGEST, Rows};
use crate::reject::Code;

/// Null, unreadable or oversized identity, time and key.
#[inline]
pub(super) fn check_identity(usage: &Usage, rows: &Rows, row: usize) -> Result<(), Fault> {
    if let (Some(id), Some(column)) = (&rows.id, &usage.record_id)
        && id.get(row).is_none()
    {
        return Err(Fault::new(Code::NullId, column, None));
    }
    match rows.time.cells.get(row) {
        Cell::Fine => {}
        Cell::Null => return Err(Fault::new(Code::NullTime, &usage.time, None)),
        _ => {
            let text = rows.time.text.as_ref().and_then(|text| text.get(row));
            return Err(Fault::new(Code::BadTime, &usage.time, text));
        }
    }
    let time = rows.time.values[row];
    if !(0..HORIZON).contains(&time) {
        return Err(Fault::new(Code::OutsideCalendar, &usage.time, Some(&rows.time.shown(row))));
    }
    let Some(key) = rows.key.get(row) else { return Err(Fault::new(Code::NullKey, &usage.key, None)) };
    if rows.has_long { check_lengths(usage, rows, row, key) } else { Ok(()) }
}

/// A key, id, source or attribute that is too long.
fn check_lengths(usage: &Usage, rows: &Rows, row: usize, key: &str) -> Result<(), Fault> {
    let long = |text: Option<&str>| text.is_some_and(|text| text.len() > LONGEST);
    let attributes = || rows.attributes.iter().zip(&usage.attributes).find(|(text, _)| long(text.get(row)));
    let field = if key.len() > LONGEST {
        Some(usage.key.as_str())
    } else if long(rows.id.as_ref().and_then(|id| id.get(row))) {
        usage.record_id.as_deref()
    } else if long(rows.source.get(row)) {
        Some("source")
    } else {
        attributes().map(|(_, (column, _))| column.as_str())
    };
    field.map_or(Ok(()), |field| Err(Fault::new(Code::TooLong, field, None)))
}
