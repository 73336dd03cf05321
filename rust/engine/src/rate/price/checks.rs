//! What the numbers of a row must be for its charge.

use crate::column::{Cell, Numbers};
use crate::compile::{Charge, Usage, Version};
use crate::rate::route::Fault;
use crate::rate::rows::Record;
use crate::reject::Code;

/// Numbers that a charge reads: none if the batch lacks their column.
struct Read<'a> {
    numbers: Option<&'a Numbers>,
    column: &'a str,
    null: Code,
    negative: Code,
}

/// All that a version of a charge reads.
fn read_by<'a>(usage: &'a Usage, record: &Record<'a>, version: &Version) -> impl Iterator<Item = Read<'a>> {
    let rows = record.rows;
    let quantity = version.model.reads_quantity().then(|| Read {
        numbers: Some(&rows.quantity),
        column: usage.quantity_name(),
        null: Code::NullQuantity,
        negative: Code::NegativeQuantity,
    });
    let money = |numbers, column| Read { numbers, column, null: Code::NullAmount, negative: Code::NegativeAmount };
    let reads_amount = version.model.reads_amount();
    let amount = reads_amount.then(|| money(Some(&rows.amount), usage.amount.as_deref().unwrap_or("amount")));
    let own = version.column.map(|at| money(rows.numbers[at].as_ref(), usage.attributes[at].0.as_str()));
    [quantity, amount, own].into_iter().flatten()
}

/// Cells that hold no number, the one of lowest code; a null is looked at later, after look-ups.
#[inline]
pub(super) fn check_readable(usage: &Usage, record: &Record, version: &Version) -> Result<(), Fault> {
    let mut lowest = None;
    for read in read_by(usage, record, version) {
        let Some(numbers) = read.numbers else { continue };
        let code = match numbers.cells.get(record.row) {
            Cell::Fine | Cell::Null | Cell::TooLarge | Cell::TooLow => continue,
            Cell::Bad => Code::BadNumber,
            Cell::TooManyDecimals => Code::TooManyDecimals,
        };
        let shown = numbers.text.as_ref().and_then(|text| text.get(record.row));
        Fault::new(code, read.column, shown).keep_lowest(&mut lowest);
    }
    lowest.map_or(Ok(()), Err)
}

/// Nulls, numbers that are too large, and negative ones where the charge does not allow them: the one of lowest code.
#[inline]
pub(super) fn check_signs(usage: &Usage, record: &Record, charge: &Charge, version: &Version) -> Result<(), Fault> {
    let field = &charge.path;
    let mut lowest = None;
    for read in read_by(usage, record, version) {
        let cell = read.numbers.map_or(Cell::Null, |numbers| numbers.cells.get(record.row));
        let is_negative = |numbers: &Numbers| cell == Cell::TooLow || numbers.values[record.row] < 0;
        let fault = match (cell, read.numbers) {
            (Cell::Null, _) => Fault::new(read.null, field, None),
            (_, Some(numbers)) if !charge.allow_negative && is_negative(numbers) => {
                Fault::new(read.negative, field, numbers.shown(record.row).as_deref())
            }
            (Cell::TooLarge | Cell::TooLow, _) => Fault::new(Code::Overflow, field, None),
            _ => continue,
        };
        fault.keep_lowest(&mut lowest);
    }
    lowest.map_or(Ok(()), Err)
}
