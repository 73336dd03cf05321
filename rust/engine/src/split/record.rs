//! Lines of usage: one charge's of one record.

use std::ops::Range;

use super::{Line, split_line};
use crate::charge::NULL;
use crate::column::Cell;
use crate::compile::{Agreement, Compiled};
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
    agreement: &'a Agreement,
    /// The quantity's column, to blame.
    column: &'a str,
    /// What keeps cost plans from a price, each by its tariff.
    costs: &'a [(u32, Fault)],
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

    fn units(&self, billed: bool, blame: impl Fn(Code) -> Fault) -> Result<i128, Fault> {
        if billed {
            let applies = |at: usize| {
                let line = self.record.in_band(self.drafts.band[at]);
                self.drafts.tariff[at] == 0 && self.agreement.applies(self.drafts.charge[at], &line)
            };
            let mut lines = self.range.clone().filter(|&at| self.drafts.billed[at] != NULL && applies(at)).peekable();
            lines.peek().ok_or_else(|| blame(Code::NullQuantity))?;
            let sum = lines.map(|at| self.drafts.billed[at]).try_fold(0_i128, i128::checked_add);
            return sum.ok_or_else(|| blame(Code::Overflow));
        }
        let (quantity, row) = (&self.record.rows.quantity, self.record.row);
        let shown = || quantity.text.as_ref().and_then(|text| text.get(row));
        match quantity.cells.get(row) {
            Cell::Fine => Ok(quantity.values[row]),
            Cell::Null => Err(blame(Code::NullQuantity)),
            Cell::TooLarge | Cell::TooLow => Err(blame(Code::Overflow)),
            Cell::Bad => Err(Fault::new(Code::BadNumber, self.column, shown())),
            Cell::TooManyDecimals => Err(Fault::new(Code::TooManyDecimals, self.column, shown())),
        }
    }

    fn cost(&self, _: usize, cost: usize, blame: impl Fn(Code) -> Fault) -> Result<Option<i128>, Fault> {
        if !self.first {
            return Ok(None);
        }
        let (tariff, mut worst) = (cost as u32 + 1, None);
        for (_, fault) in self.costs.iter().filter(|(own, _)| *own == tariff) {
            fault.clone().keep_lowest(&mut worst);
        }
        if let Some(fault) = worst {
            return Err(fault);
        }
        let mut costs = self.range.clone().filter(|&at| self.drafts.tariff[at] == tariff).peekable();
        if costs.peek().is_none() {
            return Ok(None);
        }
        let cost = costs.map(|at| self.drafts.amount[at]).try_fold(0_i128, i128::checked_add);
        cost.map(Some).ok_or_else(|| blame(Code::Overflow))
    }
}

/// The seller of a plan sold by whom the subscription names must be a party.
#[inline]
fn check_seller(context: &Context, record: &Record) -> Result<(), Fault> {
    let plan = &context.compiled.plans[record.plan as usize];
    let subscribers = context.subscribers;
    let sold_by = || subscribers.subscriptions.sold_by[record.held.subscription as usize];
    if plan.seller.is_some() || (sold_by() as usize) < context.compiled.parties.len() {
        return Ok(());
    }
    Err(Fault::new(Code::UnknownParty, &plan.id, subscribers.parties.name(sold_by())))
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
    if let Err(fault) = check_seller(context, record) {
        fault.keep_lowest(&mut worst);
    }
    for agreement in context.compiled.agreements.iter().enumerate() {
        let Work { drafts: all, shares } = work;
        let applies =
            |&at: &usize| all.tariff[at] == 0 && agreement.1.applies(all.charge[at], &record.in_band(all.band[at]));
        // Lines are in the plan's order; segments of several charges are drafted as they follow each other in time.
        space.lines.clear();
        space.lines.extend(drafts.clone().filter(applies));
        space.lines.sort_unstable_by_key(|&at| (all.charge[at], at));
        for (number, &at) in space.lines.iter().enumerate() {
            let (record, first) = (record.in_band(all.band[at]), number == 0);
            let column = context.usage.quantity_name();
            let range = drafts.clone();
            let costs = space.costs.as_slice();
            let line = RecordLine { record, drafts: all, range, at, first, agreement: agreement.1, column, costs };
            if let Err(fault) = split_line(&line, agreement, at as u32, shares, &mut space.split) {
                fault.keep_lowest(&mut worst);
            }
        }
    }
    worst.map_or(Ok(()), |fault| {
        work.shares.truncate(shares);
        Err(fault)
    })
}
