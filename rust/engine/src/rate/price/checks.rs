//! What the numbers of a row must be for its charge.

use crate::column::{Cell, Numbers};
use crate::compile::{Charge, Version};
use crate::rate::route::Fault;
use crate::rate::rows::Record;
use crate::reject::Code;

/// A cell that holds no number is a fault of its own; a null is looked at later, after look-ups.
pub(super) fn readable(numbers: &Numbers, row: usize, field: &str) -> Result<(), Fault> {
    let shown = || numbers.text.as_ref().and_then(|text| text.get(row));
    match numbers.cells.get(row) {
        Cell::Fine | Cell::Null | Cell::TooLarge | Cell::TooLow => Ok(()),
        Cell::Bad => Err(Fault::new(Code::BadNumber, field, shown())),
        Cell::TooManyDecimals => Err(Fault::new(Code::TooManyDecimals, field, shown())),
    }
}

/// Nulls, numbers that are too large, and negative ones where the charge does not allow them: the one of lowest code.
pub(super) fn check_signs(record: &Record, charge: &Charge, version: &Version) -> Result<(), Fault> {
    let rows = record.rows;
    let field = &charge.path;
    let mut lowest = None;
    let mut check = |numbers: &Numbers, null: Code, negative: Code| {
        let cell = numbers.cells.get(record.row);
        let is_negative = cell == Cell::TooLow || numbers.values[record.row] < 0;
        let fault = match cell {
            Cell::Null => Fault::new(null, field, None),
            _ if is_negative && !charge.allow_negative => {
                Fault::new(negative, field, numbers.shown(record.row).as_deref())
            }
            Cell::TooLarge | Cell::TooLow => Fault::new(Code::Overflow, field, None),
            _ => return,
        };
        fault.keep_lowest(&mut lowest);
    };
    if version.model.reads_quantity() {
        check(&rows.quantity, Code::NullQuantity, Code::NegativeQuantity);
    }
    if version.model.reads_amount() {
        check(&rows.amount, Code::NullAmount, Code::NegativeAmount);
    }
    if let Some(numbers) = version.column.and_then(|attribute| rows.numbers[attribute].as_ref()) {
        check(numbers, Code::NullAmount, Code::NegativeAmount);
    }
    lowest.map_or(Ok(()), Err)
}
