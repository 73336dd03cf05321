//! Reading input columns: every string layout, every width of integer and decimal, every unit of time.
//!
//! A column is turned, a chunk at a time, into one of three plain forms that the stages loop over: `Text`, `Numbers`
//! or `Times`. What a row lacks is a `Cell` state beside its value, so that the loops stay branch-free until a row is
//! known to be bad.

use partita_money::Dec;

mod float;
mod number;
mod raw;
mod text;
mod time;
pub mod write;

pub use number::{Numbers, ONE};
pub use text::Text;
pub use time::{TimeFormat, Times};

/// What is wrong with one cell; `Fine` is 0 so that states can be tested in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cell {
    Fine,
    Null,
    /// Text that is no number or no time.
    Bad,
    TooManyDecimals,
    /// More than 26 digits before the point.
    TooLarge,
    /// The same below zero.
    TooLow,
}

/// A column's states; none at all when every cell is fine.
#[derive(Debug, Clone, Default)]
pub struct Cells(Option<Vec<Cell>>);

impl Cells {
    /// The state of one row.
    #[inline]
    pub fn get(&self, row: usize) -> Cell {
        self.0.as_ref().map_or(Cell::Fine, |cells| cells[row])
    }

    /// Whether every cell is fine.
    pub fn all_fine(&self) -> bool {
        self.0.is_none()
    }

    /// Whether every cell is null.
    pub fn are_all_null(&self) -> bool {
        self.0.as_ref().is_some_and(|cells| cells.iter().all(|cell| *cell == Cell::Null))
    }

    /// Marks one row of a column of `rows`.
    pub fn set(&mut self, row: usize, rows: usize, cell: Cell) {
        if cell != Cell::Fine {
            self.0.get_or_insert_with(|| vec![Cell::Fine; rows])[row] = cell;
        }
    }

    /// Every row null.
    pub fn all_null(rows: usize) -> Self {
        Self(Some(vec![Cell::Null; rows]))
    }

    /// The nulls of an Arrow array.
    pub fn nulls_of(array: &dyn arrow_array::Array) -> Self {
        let mut cells = Self::default();
        if let Some(nulls) = array.logical_nulls().filter(|n| n.null_count() > 0) {
            for row in (0..array.len()).filter(|&row| nulls.is_null(row)) {
                cells.set(row, array.len(), Cell::Null);
            }
        }
        cells
    }
}

/// A raw value as text, for messages.
pub fn shown(raw: i128) -> String {
    Dec::from_raw(raw).map(|dec| dec.to_string()).unwrap_or_default()
}
