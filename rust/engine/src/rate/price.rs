//! The price stage: amounts of a row's drafts, and where they leave its counters.

mod checks;

use super::chunk::{Chunk, Pending, Place, Work};
use super::drafts::Draft;
use super::route::{Context, Fault};
use super::rows::{Record, Rows};
use crate::catalog::{Reset, Scope};
use crate::charge::{Count, Input, NULL, in_range};
use crate::compile::{Charge, Counted, Scratch, Version};
use crate::counter::{Counters, Key, NEVER};
use crate::reject::Code;
use crate::schema::OUT_OF_ORDER;
use crate::split;
use crate::subscriber::Held;
use checks::{check_readable, check_signs};

/// What pricing uses again and again.
#[derive(Debug, Default)]
pub struct Space {
    pub scratch: Scratch,
    /// Places of a row's counters, by draft; empty for a row that counts nothing.
    pub slots: Vec<usize>,
    /// Counters that a row has moved, to be stored when all of it succeeds.
    moved: Vec<(usize, Count)>,
    /// What keeps a row's cost plans from a price, each by its tariff.
    pub costs: Vec<(u32, Fault)>,
    /// The lines of a row that an agreement shares, in the order of its plan.
    pub lines: Vec<usize>,
    pub split: split::Space,
}

/// A row as routed.
#[derive(Debug, Clone, Copy)]
pub struct Row<'c> {
    pub row: u32,
    pub held: Held,
    pub month: i32,
    pub zone: u32,
    /// What is known to be wrong with its charges.
    pub pending: Option<&'c Pending>,
}

impl<'c> Row<'c> {
    /// A row of a chunk.
    #[inline]
    pub fn of(chunk: &'c Chunk, row: usize) -> Self {
        let (held, month, zone) = (chunk.held[row], chunk.month[row], chunk.zone[row]);
        Self { row: row as u32, held, month, zone, pending: chunk.pending.get(&(row as u32)) }
    }

    /// What conditions, look-ups and roles read of it.
    #[inline]
    pub fn record<'a>(self, context: &Context<'a>, rows: &'a Rows) -> Record<'a> {
        let (compiled, subscribers) = (context.compiled, context.subscribers);
        let Self { row, held, month, zone, .. } = self;
        Record { compiled, subscribers, rows, row: row as usize, held, plan: held.plan, month, zone, band: 0 }
    }
}

/// Prices the drafts of one row and splits their lines. To move counters by it is another step (`advance`), for when all
/// has succeeded.
pub fn price_row(
    context: &Context,
    rows: &Rows,
    row: Row,
    place: Place,
    work: &mut Work,
    counters: &Counters,
    space: &mut Space,
) -> Result<(), Fault> {
    space.moved.clear();
    let drafts = place.first as usize..(place.first + place.count) as usize;
    let record = row.record(context, rows);
    let mut worst = row.pending.and_then(|pending| pending.charge.clone());
    space.costs.clear();
    space.costs.extend(row.pending.iter().flat_map(|pending| &pending.costs).cloned());
    let mut start = 0;
    for (number, at) in drafts.clone().enumerate() {
        let draft = work.drafts.get(at);
        start = if draft.first { 0 } else { start };
        let mut desk = Desk { context, work, counters, space };
        match desk.price(&record, &draft, start, (number, at)) {
            Ok(billed) => start += billed.abs(),
            Err(fault) if draft.tariff == 0 => fault.keep_lowest(&mut worst),
            Err(fault) => space.costs.push((draft.tariff, fault)),
        }
    }
    if let Some(fault) = worst {
        return Err(fault);
    }
    split::split_row(context, &record, drafts, work, space)
}

/// Moves the counters of the row that was priced last, which has this time, chunk and number.
pub fn advance(counters: &mut Counters, space: &Space, time: i64, at: (u32, u32)) {
    for &(place, count) in &space.moved {
        counters.set(place, count, time, at);
    }
}

/// What the price of one draft is made from, and where it goes.
struct Desk<'a> {
    context: &'a Context<'a>,
    work: &'a mut Work,
    counters: &'a Counters,
    space: &'a mut Space,
}

impl Desk<'_> {
    /// Prices one draft, the `number`th of its row; returns its billed units. `start` is what the segments before billed.
    #[inline]
    fn price(
        &mut self,
        record: &Record,
        draft: &Draft,
        start: i128,
        (number, at): (usize, usize),
    ) -> Result<i128, Fault> {
        let Self { context, work, counters, space } = self;
        let charge = &context.compiled.charges[draft.charge as usize];
        let version = &charge.versions[draft.version as usize];
        // The plan that rates may be a flow's cost plan, and conditions and look-ups of its charges ask for that.
        let record = Record { plan: charge.plan, band: draft.band, ..*record };
        check_readable(context.usage, &record, version)?;
        let input = input(context, &record, charge, version, draft, start);
        let values = version.values.resolve(&context.compiled.tables, &record, &mut space.scratch);
        let values = values.ok_or_else(|| Fault::new(Code::NoPrice, &charge.path, None))?;
        check_signs(context.usage, &record, charge, version)?;
        let counter = charge.counted.and_then(|_| space.slots.get(number).copied());
        let mut count = counter.map_or_else(Count::default, |place| {
            let moved = space.moved.iter().rev().find(|entry| entry.0 == place);
            moved.map_or_else(|| counters.count(place), |entry| entry.1)
        });
        let before = count;
        let priced = version.model.price(values, &input, &mut count, charge.target);
        let priced = priced.map_err(|code| Fault::new(code, &charge.path, None))?;
        work.drafts.amount[at] = priced.amount;
        work.drafts.billed[at] = priced.billed;
        if let Some(place) = counter {
            if version.model.counts_units() {
                work.drafts.before[at] = before.quantity;
                work.drafts.after[at] = count.quantity;
                let sum = before.amount.checked_add(priced.amount).ok_or(Code::Overflow).and_then(in_range);
                count.amount = sum.map_err(|code| Fault::new(code, &charge.path, None))?;
            }
            let late = record.rows.time.values[record.row] < counters.opening_watermark(place);
            work.drafts.flags[at] = if late { OUT_OF_ORDER } else { 0 };
            space.moved.push((place, count));
        }
        Ok(if priced.billed == NULL { 0 } else { priced.billed })
    }
}

/// Whose counter a charge moves for a record.
pub fn key(context: &Context, record: &Record, (tariff, charge): (u32, u32), counted: Counted) -> Key {
    let held = record.held;
    let owner = match counted.scope {
        Scope::Account => held.account,
        Scope::Subscription | Scope::Record => held.subscription,
    };
    let period = match counted.reset {
        Reset::Cycle => record.month,
        reset => context.subscribers.period_of(reset, held.account, record.rows.time.values[record.row]),
    };
    Key { tariff, charge, owner, period }
}

/// What the record brings to a charge.
fn input(context: &Context, record: &Record, charge: &Charge, version: &Version, draft: &Draft, start: i128) -> Input {
    let (rows, row) = (record.rows, record.row);
    let sign = rows.quantity.values[row].signum();
    let mut input = Input { quantity: draft.quantity, start, first: draft.first, sign, ..Input::default() };
    if version.model.reads_quantity() {
        input.whole = rows.quantity.whole.as_ref().map(|whole| whole[row]);
        input.billed = (draft.billed != NULL).then_some(draft.billed);
        input.fee_paid = version.charge_at_zero && draft.tariff == 0 && is_closed(context, record, charge);
    }
    if version.model.reads_amount() {
        input.amount = rows.amount.values[row];
    }
    if let Some(numbers) = version.column.and_then(|attribute| rows.numbers[attribute].as_ref()) {
        input.amount = numbers.values[row];
    }
    input
}

/// Whether the period of the counter that a record moves is closed. A calendar month closes with the cycle that holds
/// its last day.
fn is_closed(context: &Context, record: &Record, charge: &Charge) -> bool {
    let (Some(closed), Some(counted)) = (context.closed, charge.counted) else { return false };
    match key(context, record, (0, 0), counted).period {
        NEVER => false,
        month if counted.reset == Reset::Month => {
            let cycles = &context.subscribers.cycles[record.held.cycle as usize];
            month + i32::from(cycles.day > 1) <= closed
        }
        month => month <= closed,
    }
}

/// Rates the rows of a chunk that need no counter.
pub fn rate_stateless(context: &Context, chunk: &mut Chunk) {
    let mut space = Space::default();
    let counters = Counters::default();
    let Some(mut work) = chunk.work.first_mut().map(std::mem::take) else { return };
    for row in 0..chunk.places.len() {
        let place = chunk.places[row];
        if !chunk.is_rated(row) || place.work != 0 {
            continue;
        }
        let priced = price_row(context, &chunk.rows, Row::of(chunk, row), place, &mut work, &counters, &mut space);
        if let Err(fault) = priced {
            chunk.reject(row, fault);
        }
    }
    chunk.work[0] = work;
}
