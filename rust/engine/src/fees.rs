//! Fees: what subscriptions owe when a period closes, besides their usage (semantics §4).
//!
//! Recurring and one-time charges, and the fee of a first tier that nothing entered, become rated lines like any other.
//! A fee covers days of the account's calendar. What is billed for a cycle is what is due for it less what was billed
//! for it before, so a subscription that ends later gets back what it paid too much, and never more. Fees are shared as
//! usage is (`split`); one that cannot be charged, or not shared, is a reject with the source `subscription`.

mod amounts;
mod at_zero;
mod billed;
mod due;
pub(crate) mod holder;
mod lines;
mod shares;
mod sums;
#[cfg(test)]
mod tests;

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::clock::month_of_name;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::interrupt;
use at_zero::{Bearers, Counters};
use billed::Billed;
use due::{Closing, Part};

/// Subscriptions that one task takes on.
const TASK: usize = 4_096;
/// Those of many tasks, between which the caller may stop.
const LOT: usize = 64 * TASK;

/// The rated lines of a close and their shares, the fees that could not be charged, and the sums of both.
///
/// Fees due = lines + rejects.
#[derive(Debug, Clone)]
pub struct Fees {
    pub lines: RecordBatch,
    pub shares: RecordBatch,
    pub rejects: RecordBatch,
    pub line_sums: RecordBatch,
    pub share_sums: RecordBatch,
}

impl Engine {
    /// The fees due at the close of every account's cycle of a name (`2026-10`), split like any other line.
    ///
    /// `counters` are those of the cycle, for tiers never entered. `billed` says what fees were billed before: columns
    /// subscription, charge (`plan/charge`, or the charge's id beside a column plan), period (the cycle covered) and
    /// amount. Without it a fee in advance counts as billed for all who held the plan when its cycle began.
    pub fn fees(&self, month: &str, counters: Option<&RecordBatch>, billed: Option<&RecordBatch>) -> Result<Fees> {
        let month = month_of_name(month).ok_or_else(|| Error::Period(format!("{month:?} is no month")))?;
        let counters = counters.map(|rows| Counters::read(self, rows)).transpose()?.unwrap_or_default();
        let billed = billed.map(|rows| Billed::read(self, rows)).transpose()?;
        let bearers = Bearers::new(self, month);
        let closing = Closing { engine: self, month, counters: &counters, billed: billed.as_ref(), bearers: &bearers };
        let subscriptions = u32::try_from(self.subscribers.subscriptions.account.len()).unwrap_or(u32::MAX);
        let all: Vec<u32> = (0..subscriptions).collect();
        let mut parts: Vec<Part> = Vec::with_capacity(all.len().div_ceil(TASK));
        for lot in all.chunks(LOT) {
            interrupt::check()?;
            let found = lot.par_chunks(TASK).map(|part| closing.fees(part)).collect::<Result<Vec<Part>>>()?;
            parts.extend(found);
        }
        let mut whole = Part::default();
        for part in parts {
            let first = u32::try_from(whole.fees.len()).unwrap_or(u32::MAX);
            whole.fees.extend(part.fees);
            whole.shares.append(part.shares, first);
        }
        lines::tables(self, month, &whole)
    }
}
