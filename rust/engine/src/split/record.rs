//! Lines of usage: one charge's of one record.

use std::ops::Range;

use super::{Line, split_line};
use crate::charge::NULL;
use crate::column::Cell;
use crate::compile::Compiled;
use crate::condition::{Attributes, Source};
use crate::rate::{Context, Drafts, Fault, Record, Space, Work};
use crate::reject::Code;
use crate::subscriber::Subscribers;

/// One of the lines of a record.
struct RecordLine<'a> {
    record: Record<'a>,
    drafts: &'a Drafts,
    /// The drafts of the record, and the one that is split.
    range: Range<usize>,
    at: usize,
    /// Whether this is the record's first line under the agreement.
    first: bool,
}

impl Attributes for RecordLine<'_> {
    #[inline]
    fn text(&self, source: Source) -> Option<&str> {
        self.record.text(source)
    }
}

impl Line for RecordLine<'_> {
    #[inline]
    fn compiled(&self) -> &Compiled {
        self.record.compiled
    }

    #[inline]
    fn subscribers(&self) -> &Subscribers {
        self.record.subscribers
    }

    #[inline]
    fn holder(&self) -> (u32, u32, u32) {
        let held = self.record.held;
        (held.subscription, held.account, self.record.plan)
    }

    #[inline]
    fn time(&self) -> i64 {
        self.record.rows.time.values[self.record.row]
    }

    #[inline]
    fn amount(&self) -> i128 {
        self.drafts.amount[self.at]
    }

    #[inline]
    fn bears(&self) -> bool {
        self.first
    }

    fn units(&self, billed: bool) -> Result<i128, Code> {
        if billed {
            let lines = self.range.clone().filter(|&at| self.drafts.tariff[at] == 0 && self.drafts.billed[at] != NULL);
            let sum = lines.map(|at| self.drafts.billed[at]).try_fold(0_i128, i128::checked_add);
            return sum.ok_or(Code::Overflow);
        }
        let quantity = &self.record.rows.quantity;
        let fine = quantity.cells.get(self.record.row) == Cell::Fine;
        if fine { Ok(quantity.values[self.record.row]) } else { Err(Code::NullQuantity) }
    }

    fn cost(&self, _: usize, cost: usize, blame: impl Fn(Code) -> Fault) -> Result<Option<i128>, Fault> {
        let mut costs = self.range.clone().filter(|&at| self.drafts.tariff[at] == cost as u32 + 1).peekable();
        if !self.first || costs.peek().is_none() {
            return Ok(None);
        }
        let cost = costs.map(|at| self.drafts.amount[at]).try_fold(0_i128, i128::checked_add);
        cost.map(Some).ok_or_else(|| blame(Code::Overflow))
    }
}

/// Splits the lines of one row; on a fault no share of the row remains.
pub fn split_row(
    context: &Context,
    record: &Record,
    drafts: Range<usize>,
    work: &mut Work,
    space: &mut Space,
) -> Result<(), Fault> {
    let shares = work.shares.len();
    let mut worst: Option<Fault> = None;
    for agreement in context.compiled.agreements.iter().enumerate() {
        let mut first = true;
        for at in drafts.clone() {
            let record = record.in_band(work.drafts.band[at]);
            if work.drafts.tariff[at] != 0 || !agreement.1.applies(work.drafts.charge[at], &record) {
                continue;
            }
            let line = RecordLine { record, drafts: &work.drafts, range: drafts.clone(), at, first };
            if let Err(fault) = split_line(&line, agreement, at as u32, &mut work.shares, &mut space.split) {
                fault.keep_lowest(&mut worst);
            }
            first = false;
        }
    }
    worst.map_or(Ok(()), |fault| {
        work.shares.truncate(shares);
        Err(fault)
    })
}
