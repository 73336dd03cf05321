//! Some rows that follow each other, on their way into a lane: a column an array.
//!
//! What is done to a row is done to all rows of a block before the next thing is. Each loop is short enough for the
//! processor to work on several rows at once, where a row from its key to its amount is one long chain of waiting.

use super::{Lane, NO_UNITS};
use crate::rate::holders::BLOCK;

/// What is found of the rows of a block.
#[derive(Debug)]
pub struct Block {
    /// Whether a row fits the lane, as far as it is known.
    pub fits: [bool; BLOCK],
    pub account: [u32; BLOCK],
    pub subscription: [u32; BLOCK],
    pub profile: [u32; BLOCK],
    /// The class of its zone.
    pub class: [u32; BLOCK],
    pub band: [u32; BLOCK],
    pub mark: [u32; BLOCK],
    /// Whole units, or `NO_UNITS`; below 0 if it has other ones.
    pub quantity: [i64; BLOCK],
    pub billed: [i64; BLOCK],
    pub amount: [i128; BLOCK],
}

impl Default for Block {
    fn default() -> Self {
        let none = [0; BLOCK];
        Self {
            fits: [false; BLOCK],
            account: none,
            subscription: none,
            profile: none,
            class: none,
            band: none,
            mark: none,
            quantity: [NO_UNITS; BLOCK],
            billed: [NO_UNITS; BLOCK],
            amount: [0; BLOCK],
        }
    }
}

impl Lane {
    /// How many rows there may be.
    fn room(&self) -> usize {
        self.row.capacity()
    }

    /// Adds those rows of a block that fit, a column after the other; the block's first has this number, and theirs are
    /// these zones. What all have in common is no column.
    pub fn extend(&mut self, block: &Block, first: usize, zones: &[u32], has_prices: bool) {
        let (before, rows) = (self.len(), first as u32..(first + zones.len()) as u32);
        let fits = block.fits.get(..zones.len()).unwrap_or_default();
        if fits == [true; BLOCK] {
            self.row.extend(rows);
        } else {
            self.row.extend(rows.zip(fits).filter(|(_, fits)| **fits).map(|(row, _)| row));
        }
        add(&mut self.account, &block.account, fits);
        add(&mut self.subscription, &block.subscription, fits);
        add(&mut self.mark, &block.mark, fits);
        if self.has_zones {
            add(&mut self.zone, zones, fits);
        }
        if self.has_bands {
            add(&mut self.band, &block.band, fits);
        }
        if self.bills_other_units() || block.has_other_units() {
            if self.billed.len() < before {
                self.billed.extend_from_slice(&self.quantity);
            }
            self.billed.reserve(self.room() - before);
            add(&mut self.billed, &block.billed, fits);
        }
        add(&mut self.quantity, &block.quantity, fits);
        if has_prices {
            self.amount.reserve(self.room() - self.amount.len());
            self.amount.resize(before, 0);
            add(&mut self.amount, &block.amount, fits);
        }
    }
}

impl Block {
    /// Whether some row that fits is billed other units than it is of.
    fn has_other_units(&self) -> bool {
        let units = self.billed.iter().zip(&self.quantity);
        self.billed != self.quantity
            && units.zip(&self.fits).any(|((billed, quantity), fits)| *fits && billed != quantity)
    }
}

/// Adds those of a column that fit.
fn add<T: Copy>(column: &mut Vec<T>, block: &[T], fits: &[bool]) {
    if fits == [true; BLOCK] {
        column.extend_from_slice(block);
    } else {
        column.extend(block.iter().zip(fits).filter(|(_, fits)| **fits).map(|(value, _)| *value));
    }
}
