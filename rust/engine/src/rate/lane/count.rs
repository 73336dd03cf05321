//! Counting: rows of a partition of accounts move their counters, in order, and are priced by where these stand.

mod arrival;
mod canonical;

use super::route::period;
use super::{Lane, NO_UNITS, split_fault};
use crate::catalog::Scope;
use crate::compile::NO_LANE;
use crate::counter::{Counters, Probe};
use crate::prefetch::prefetch;
use crate::rate::chunk::Chunk;
use crate::rate::order;
use crate::rate::route::{Context, Fault};
use crate::reject::Code;
use crate::schema::OUT_OF_ORDER;
use crate::under_way::UnderWay;

/// What a partition makes of its rows in the lane of a chunk, in their order.
#[derive(Debug, Default)]
pub struct Counted {
    before: Vec<i64>,
    amount: Vec<i128>,
    /// Empty when no counter was opened by an earlier call.
    flags: Vec<i32>,
    /// Places in the lane of rows that are rejected.
    faults: Vec<(usize, Fault)>,
}

/// One row on its way to a counter.
#[derive(Debug, Clone, Copy)]
struct Item {
    time: i64,
    billed: i64,
    chunk: u32,
    /// Its row in its chunk, which has at most `CHUNK` of them.
    row: u16,
    /// Its place in the lane there.
    at: u16,
    /// Its place among the rows of its partition there.
    ordinal: u16,
    charge: u32,
    set: u32,
}

/// One partition's way through the lanes of some chunks.
struct Count<'a> {
    contexts: &'a [Context<'a>],
    chunks: &'a [Chunk],
    /// Number of the first chunk in the whole call.
    base: usize,
    partition: usize,
    counters: &'a mut Counters,
    has_opening: bool,
    /// Codes of charges in periods, found last.
    kinds: [(u32, i32, u32); KINDS],
}

const KINDS: usize = 64;

/// Counts the rows of a partition, by chunk. In order of arrival; none if a record belongs before one that is already
/// counted, unless they are to be sorted.
pub fn count(
    contexts: &[Context],
    (chunks, base): (&[Chunk], usize),
    (partition, counters): (usize, &mut Counters),
    sort: bool,
) -> Option<Vec<Counted>> {
    let (has_opening, kinds) = (counters.has_opening(), [(NO_LANE, 0, 0); KINDS]);
    let mut count = Count { contexts, chunks, base, partition, counters, has_opening, kinds };
    if sort { Some(count.in_canonical_order()) } else { count.in_order_of_arrival() }
}

impl<'a> Count<'a> {
    #[inline]
    fn context(&self, chunk: u32) -> &'a Context<'a> {
        &self.contexts[self.chunks[chunk as usize].source as usize]
    }

    /// The lane of a chunk, and the places of the partition's rows in it; none if nothing counts there.
    fn lane(&self, chunk: u32) -> (&'a Lane, &'a [u16]) {
        let lane = &self.chunks[chunk as usize].lane;
        (lane, lane.mine.get(self.partition).map_or(&[], Vec::as_slice))
    }

    /// Leads the rows of a chunk to their counters, in order of arrival, and through `visit`, as long as it says so.
    fn each(&mut self, chunk: u32, mut visit: impl FnMut(&mut Self, &Item, usize) -> bool) -> bool {
        let (lane, mine) = self.lane(chunk);
        let mut under_way = UnderWay::new();
        for (step, at) in UnderWay::<(Item, Probe)>::steps(mine.iter()).enumerate() {
            under_way.set_out(at.and_then(|&at| {
                let item = self.item(chunk, lane, usize::from(at), step);
                let (owner, kind) = self.owner(lane, &item)?;
                Some((item, self.counters.expect(owner, kind)))
            }));
            if let Some((_, probe)) = under_way.half_way() {
                self.counters.expect_counter(probe);
            }
            if let Some((item, probe)) = under_way.arrived() {
                let place = self.counters.place_of(&probe);
                if !visit(self, &item, place) {
                    return false;
                }
            }
        }
        true
    }

    /// A row of a lane.
    #[inline]
    fn item(&self, chunk: u32, lane: &Lane, at: usize, ordinal: usize) -> Item {
        let row = lane.row[at];
        let time = self.chunks[chunk as usize].rows.time.values[row as usize];
        let set = lane.set.get(at).copied().unwrap_or(0);
        let (billed, charge) = (lane.billed[at], lane.charge[at]);
        Item { time, billed, chunk, row: row as u16, at: at as u16, ordinal: ordinal as u16, charge, set }
    }

    /// Whose counter of which kind a row moves; none if its charge does not count.
    #[inline]
    fn owner(&mut self, lane: &Lane, item: &Item) -> Option<(u32, u32)> {
        let context = self.context(item.chunk);
        let charge = &context.compiled.lanes.charges[item.charge as usize];
        let (counted, at) = (charge.counted?, usize::from(item.at));
        let period = period(context, lane, at, counted.reset, item.time);
        let known = &mut self.kinds[item.charge as usize % KINDS];
        if (known.0, known.1) != (item.charge, period) {
            *known = (item.charge, period, self.counters.kind(0, charge.charge, period));
        }
        let owner = match counted.scope {
            Scope::Account => lane.account[at],
            Scope::Subscription | Scope::Record => lane.subscription[at],
        };
        Some((owner, known.2))
    }

    /// Prices a row by its counter, which it moves unless it is rejected.
    #[inline]
    fn price(&mut self, item: &Item, place: usize, counted: &mut Counted) {
        let context = self.context(item.chunk);
        let lanes = &context.compiled.lanes;
        let before = self.counters.get(place).whole();
        let lane = &self.chunks[item.chunk as usize].lane;
        let whole = &lanes.charges[item.charge as usize].whole;
        let amount = whole.amount(before, item.billed, item.billed != 0);
        let amount = amount.filter(|&amount| {
            item.set == 0
                || lanes.are_safe(&lane.sets[item.set as usize], amount)
                || self.can_split(item, amount, counted)
        });
        let ordinal = usize::from(item.ordinal);
        counted.before[ordinal] = before;
        if self.has_opening && item.time < self.counters.opening_watermark(place) {
            counted.flags[ordinal] = OUT_OF_ORDER;
        }
        let at = (item.chunk + self.base as u32, u32::from(item.row));
        // An amount is found only where the position after it fits.
        let moves = |amount: &i128| self.counters.advance(place, before + item.billed, *amount, item.time, at);
        match amount.filter(moves) {
            Some(amount) => counted.amount[ordinal] = amount,
            None => self.reject(item, counted),
        }
    }

    /// Whether a line can be split; else it is rejected as the general way does.
    #[cold]
    fn can_split(&self, item: &Item, amount: i128, counted: &mut Counted) -> bool {
        let chunk = &self.chunks[item.chunk as usize];
        let fault = split_fault(self.context(item.chunk), &chunk.rows, &chunk.lane, usize::from(item.at), amount);
        let fault = fault.map(|fault| counted.faults.push((usize::from(item.at), fault)));
        fault.is_none()
    }

    /// Rejects a row, unless it is rejected already, because its amount or its counter's has too many digits.
    #[cold]
    fn reject(&self, item: &Item, counted: &mut Counted) {
        let at = usize::from(item.at);
        if counted.faults.last().is_none_or(|fault| fault.0 != at) {
            counted.faults.push((at, self.overflow(item)));
        }
    }

    #[cold]
    fn overflow(&self, item: &Item) -> Fault {
        let compiled = self.context(item.chunk).compiled;
        let charge = compiled.lanes.charges[item.charge as usize].charge;
        Fault::new(Code::Overflow, &compiled.charges[charge as usize].path, None)
    }

    /// The canonical order of two rows of one time.
    #[cold]
    fn tie(&self, a: (u32, u32), b: (u32, u32)) -> std::cmp::Ordering {
        order::tie(order::at(self.chunks, a), order::at(self.chunks, b))
    }
}

impl Item {
    /// Its chunk and its row there.
    #[inline]
    fn row(&self) -> (u32, u32) {
        (self.chunk, u32::from(self.row))
    }
}

impl Counted {
    /// Asks for the memory of a row.
    #[inline]
    fn expect(&self, ordinal: usize) {
        prefetch(&self.before, ordinal);
        prefetch(&self.amount, ordinal);
    }

    /// For rows of a lane, with the amounts of those that do not count.
    fn of(lane: &Lane, mine: &[u16], has_opening: bool) -> Self {
        let flags = if has_opening { vec![0; mine.len()] } else { Vec::new() };
        let amount = mine.iter().map(|&at| lane.amount[usize::from(at)]).collect();
        Self { before: vec![NO_UNITS; mine.len()], amount, flags, faults: Vec::new() }
    }
}

/// Puts together what the partitions have counted of a chunk's lane, and takes out what they reject.
pub fn merge(chunk: &mut Chunk, counted: Vec<Counted>) {
    let lane = &mut chunk.lane;
    if !lane.counts {
        return;
    }
    let has_flags = counted.iter().any(|part| !part.flags.is_empty());
    lane.before = vec![NO_UNITS; lane.len()];
    lane.flags = if has_flags { vec![0; lane.len()] } else { Vec::new() };
    let mine = std::mem::take(&mut lane.mine);
    for (part, mine) in counted.iter().zip(&mine) {
        for ((&at, &before), &amount) in mine.iter().zip(&part.before).zip(&part.amount) {
            (lane.before[usize::from(at)], lane.amount[usize::from(at)]) = (before, amount);
        }
        for (&at, &flags) in mine.iter().zip(&part.flags) {
            lane.flags[usize::from(at)] = flags;
        }
    }
    let mut faults: Vec<_> = counted.into_iter().flat_map(|part| part.faults).collect();
    faults.sort_by_key(|fault| fault.0);
    let places: Vec<usize> = faults.iter().map(|fault| fault.0).collect();
    let rejects: Vec<_> = faults.into_iter().map(|(at, fault)| (chunk.lane.row[at] as usize, fault)).collect();
    chunk.lane.remove(&places);
    for (row, fault) in rejects {
        chunk.reject(row, fault);
    }
}
