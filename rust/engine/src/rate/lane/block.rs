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
    /// Adds those rows of a block that fit, a column after the other; the block's first has this number, and theirs are
    /// these zones.
    pub fn extend(&mut self, block: &Block, first: usize, zones: &[u32]) {
        let len = zones.len();
        let rows = first as u32..(first + len) as u32;
        let fits = block.fits.get(..len).unwrap_or_default();
        if fits == [true; BLOCK] {
            self.row.extend(rows);
            self.zone.extend_from_slice(zones);
            return self.extend_whole(block);
        }
        add(&mut self.row, rows, fits);
        add(&mut self.zone, zones.iter().copied(), fits);
        add(&mut self.account, block.account, fits);
        add(&mut self.subscription, block.subscription, fits);
        add(&mut self.band, block.band, fits);
        add(&mut self.mark, block.mark, fits);
        add(&mut self.quantity, block.quantity, fits);
        add(&mut self.billed, block.billed, fits);
        add(&mut self.amount, block.amount, fits);
    }

    /// Adds all rows of a block, as many as it can have.
    fn extend_whole(&mut self, block: &Block) {
        self.account.extend_from_slice(&block.account);
        self.subscription.extend_from_slice(&block.subscription);
        self.band.extend_from_slice(&block.band);
        self.mark.extend_from_slice(&block.mark);
        self.quantity.extend_from_slice(&block.quantity);
        self.billed.extend_from_slice(&block.billed);
        self.amount.extend_from_slice(&block.amount);
    }
}

/// Adds those of a column that fit.
fn add<T>(column: &mut Vec<T>, block: impl IntoIterator<Item = T>, fits: &[bool]) {
    column.extend(block.into_iter().zip(fits).filter(|(_, fits)| **fits).map(|(value, _)| value));
}
