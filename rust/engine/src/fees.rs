//! Fees: what subscriptions owe when a period closes, besides their usage (semantics §4).
//!
//! Recurring and one-time charges, and the fee of a first tier that nothing entered, become rated lines like any other.
//! A fee covers days of the account's calendar. What is billed for a cycle is what is due for it less what was billed
//! for it before, so a subscription that ends later gets back what it paid too much, and never more.

mod amounts;
mod at_zero;
mod billed;
mod due;
mod lines;
#[cfg(test)]
mod tests;

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::clock::month_of_name;
use crate::engine::Engine;
use crate::error::{Error, Result};
use at_zero::{Bearers, Counters};
use billed::Billed;
use due::Closing;
pub(crate) use due::{Charged, Fee, Refusal};

/// Subscriptions that one task takes on.
const TASK: usize = 4_096;

/// The rated lines of a close, and the fees that could not be charged. Fees due = lines + rejects.
#[derive(Debug, Clone)]
pub struct Fees {
    pub lines: RecordBatch,
    pub rejects: RecordBatch,
}

impl Engine {
    /// The fees due at the close of every account's cycle of a name (`2026-10`).
    ///
    /// `counters` are those of the cycle, for tiers never entered. `billed` says what fees were billed before: columns
    /// subscription, charge (`plan/charge`, or the charge's id beside a column plan), period (the cycle covered) and
    /// amount. Without it a fee in advance counts as billed for all who held the plan when its cycle began.
    pub fn fees(&self, month: &str, counters: Option<&RecordBatch>, billed: Option<&RecordBatch>) -> Result<Fees> {
        let number = month_of_name(month).ok_or_else(|| Error::Period(format!("{month:?} is no month")))?;
        lines::tables(self, number, &self.fees_due(number, counters, billed)?)
    }

    /// The fees due, for those who share them before they become lines; the month is counted from 1970-01.
    pub(crate) fn fees_due(
        &self,
        month: i32,
        counters: Option<&RecordBatch>,
        billed: Option<&RecordBatch>,
    ) -> Result<Vec<Fee>> {
        let counters = counters.map(|rows| Counters::read(self, rows)).transpose()?.unwrap_or_default();
        let billed = billed.map(|rows| Billed::read(self, rows)).transpose()?;
        let bearers = Bearers::new(self, month);
        let closing = Closing { engine: self, month, counters: &counters, billed: billed.as_ref(), bearers: &bearers };
        let subscriptions = u32::try_from(self.subscribers.subscriptions.account.len()).unwrap_or(u32::MAX);
        let all: Vec<u32> = (0..subscriptions).collect();
        let parts: Vec<Vec<Fee>> = all.par_chunks(TASK).map(|part| closing.fees(part)).collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().collect())
    }
}
