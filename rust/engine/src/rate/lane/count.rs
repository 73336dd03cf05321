//! Counting: rows of a partition of accounts move their counters, in order, and are priced by where these stand.

mod arrival;
mod canonical;

use super::{Lane, Mark, NO_UNITS, split_fault};
use crate::catalog::{Reset, Scope};
use crate::charge::Whole;
use crate::counter::{Counters, NEVER};
use crate::directory::NOWHERE;
use crate::prefetch::prefetch;
use crate::rate::chunk::Chunk;
use crate::rate::holders::BLOCK;
use crate::rate::order;
use crate::rate::route::{Context, Fault};
use crate::reject::Code;
use crate::schema::OUT_OF_ORDER;
use crate::split::Safe;

/// No kind of counters.
const UNKNOWN: u32 = u32::MAX;

/// What a partition makes of its rows in the lane of a chunk, in their order.
#[derive(Debug, Default)]
pub struct Counted {
    figures: Vec<Figures>,
    /// Amounts of more than 64 bits, by place in the lane.
    large: Vec<(usize, i128)>,
    /// Empty when no counter was opened by an earlier call.
    flags: Vec<i32>,
    /// Places in the lane of rows that are rejected.
    faults: Vec<(usize, Fault)>,
}

/// Where a row's counter stood, and what the row costs by it.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// `NO_UNITS` if its charge does not count.
    before: i64,
    amount: i64,
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
    mark: u32,
}

/// What rows of a mark do: whose counter of which kind they move, and what they cost by it.
#[derive(Debug, Clone, Copy)]
struct Move<'a> {
    charge: u32,
    by_account: bool,
    reset: Reset,
    /// Of which kind their counters are; `UNKNOWN` where it is for each row to say.
    kind: u32,
    whole: &'a Whole,
    /// Amounts that are sure to be split without a fault, and the small ones of them.
    safe: Safe,
    small: Safe<i64>,
}

/// One partition's way through the lanes of some chunks.
struct Count<'a> {
    contexts: &'a [Context<'a>],
    chunks: &'a [Chunk],
    /// Number of the first chunk in the whole call.
    base: usize,
    partition: usize,
    has_opening: bool,
    /// By chunk and mark; none for marks that do not count.
    moves: Vec<Vec<Option<Move<'a>>>>,
}

/// Counts the rows of a partition, by chunk. In order of arrival; none if a record belongs before one that is already
/// counted, unless they are to be sorted.
pub fn count(
    contexts: &[Context],
    (chunks, base): (&[Chunk], usize),
    (partition, counters): (usize, &mut Counters),
    sort: bool,
) -> Option<Vec<Counted>> {
    let moves_of = |chunk: &Chunk| moves(&contexts[chunk.source as usize], &chunk.lane, counters);
    let moves = chunks.iter().map(moves_of).collect();
    let count = Count { contexts, chunks, base, partition, has_opening: counters.has_opening(), moves };
    if sort { Some(count.in_canonical_order(counters)) } else { count.in_order_of_arrival(counters) }
}

/// What the rows of each mark of a lane do.
fn moves<'a>(context: &Context<'a>, lane: &Lane, counters: &mut Counters) -> Vec<Option<Move<'a>>> {
    let lanes = &context.compiled.lanes;
    let of = |mark: &Mark| {
        let charge = &lanes.charges[mark.charge as usize];
        let counted = charge.counted?;
        let period = match counted.reset {
            Reset::Cycle => Some(mark.month),
            Reset::Never => Some(NEVER),
            Reset::Month => None,
        };
        let safe = lanes.safe(lane.set(mark));
        Some(Move {
            charge: charge.charge,
            by_account: counted.scope == Scope::Account,
            reset: counted.reset,
            kind: period.map_or(UNKNOWN, |period| counters.kind(0, charge.charge, period)),
            whole: &charge.whole,
            safe,
            small: safe.small(),
        })
    };
    lane.marks.iter().map(of).collect()
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

    /// Leads the rows of a chunk that count to their counters, in order of arrival, and through `visit`, as long as it
    /// says so: a block of them is visited while memory answers for the two that follow.
    fn each(
        &self,
        counters: &mut Counters,
        chunk: u32,
        mut visit: impl FnMut(&mut Counters, &Item, &Move, usize) -> bool,
    ) -> bool {
        let (lane, mine) = self.lane(chunk);
        let moves = &self.moves[chunk as usize];
        // Their counters: of which kind and whose, and where.
        let (mut whose, mut places) = ([(UNKNOWN, 0); BLOCK], [NOWHERE; BLOCK]);
        let block = |number: usize| mine.chunks(BLOCK).nth(number).unwrap_or_default();
        for step in 0..mine.len().div_ceil(BLOCK) + 2 {
            if let Some(visited) = step.checked_sub(2) {
                for ((&at, &place), ordinal) in block(visited).iter().zip(&places).zip(visited * BLOCK..) {
                    let item = self.item(chunk, lane, usize::from(at), ordinal);
                    let Some(of) = &moves[item.mark as usize] else { continue };
                    let place = if place == NOWHERE { self.place(counters, &item, of) } else { place as usize };
                    if !visit(counters, &item, of, place) {
                        return false;
                    }
                }
            }
            for (&(kind, owner), place) in whose.iter().zip(&mut places) {
                *place = counters.approach(kind, owner);
            }
            for (&at, whose) in block(step).iter().zip(&mut whose) {
                let at = usize::from(at);
                *whose = match &moves[lane.mark[at] as usize] {
                    Some(of) if of.kind != UNKNOWN => (of.kind, of.owner(lane, at)),
                    Some(of) => (self.kind(counters, chunk, of, at), of.owner(lane, at)),
                    None => (UNKNOWN, 0),
                };
                counters.expect(whose.0, whose.1);
            }
        }
        true
    }

    /// The place of a row's counter that was not quickly found.
    #[inline(never)]
    fn place(&self, counters: &mut Counters, item: &Item, of: &Move) -> usize {
        let (lane, at) = (&self.chunks[item.chunk as usize].lane, usize::from(item.at));
        let kind = self.kind(counters, item.chunk, of, at);
        counters.place_of(kind, of.owner(lane, at))
    }

    /// The kind of a row's counter.
    fn kind(&self, counters: &mut Counters, chunk: u32, of: &Move, at: usize) -> u32 {
        if of.kind != UNKNOWN {
            return of.kind;
        }
        let Chunk { lane, rows, .. } = &self.chunks[chunk as usize];
        let time = rows.time.values[lane.row[at] as usize];
        let period = self.context(chunk).subscribers.period_of(of.reset, lane.account[at], time);
        counters.kind(0, of.charge, period)
    }

    /// A row of a lane.
    #[inline]
    fn item(&self, chunk: u32, lane: &Lane, at: usize, ordinal: usize) -> Item {
        let row = lane.row[at];
        let time = self.chunks[chunk as usize].rows.time.values[row as usize];
        let (billed, mark) = (lane.billed[at], lane.mark[at]);
        Item { time, billed, chunk, row: row as u16, at: at as u16, ordinal: ordinal as u16, mark }
    }

    /// Prices a row by its counter, which it moves unless it is rejected.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    fn price(&self, counters: &mut Counters, (item, of): (&Item, &Move), place: usize, counted: &mut Counted) {
        let ordinal = usize::from(item.ordinal);
        if self.has_opening && item.time < counters.opening_watermark(place) {
            counted.flags[ordinal] = OUT_OF_ORDER;
        }
        if let Some(counter) = counters.small(place) {
            let (before, billed) = (counter.whole(), item.billed);
            let amount = of.whole.small_amount(before, billed, billed != 0);
            // An amount is found only where the position after it fits.
            if let Some(amount) = amount.filter(|&amount| of.small.holds(amount))
                && counter.advance(before + billed, amount, item.time, self.at(item))
            {
                counted.figures[ordinal] = Figures { before, amount };
                return;
            }
        }
        self.price_closely(counters, (item, of), place, counted);
    }

    /// The same of an amount that is large, or perhaps cannot be split.
    #[cold]
    #[inline(never)]
    fn price_closely(&self, counters: &mut Counters, (item, of): (&Item, &Move), place: usize, counted: &mut Counted) {
        let before = counters.get(place).whole();
        let amount = of.whole.amount(before, item.billed, item.billed != 0);
        let amount = amount.filter(|&amount| of.safe.holds(amount) || self.can_split(item, amount, counted));
        let moves = |&amount: &i128| counters.advance(place, before + item.billed, amount, item.time, self.at(item));
        match amount.filter(moves) {
            Some(amount) => {
                let small = i64::try_from(amount);
                counted.figures[usize::from(item.ordinal)] = Figures { before, amount: small.unwrap_or(0) };
                if small.is_err() {
                    counted.large.push((usize::from(item.at), amount));
                }
            }
            None => self.reject(item, of, counted),
        }
    }

    /// Chunk, as it is numbered in the whole call, and row.
    #[inline]
    fn at(&self, item: &Item) -> (u32, u32) {
        (item.chunk + self.base as u32, u32::from(item.row))
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
    fn reject(&self, item: &Item, of: &Move, counted: &mut Counted) {
        let at = usize::from(item.at);
        if counted.faults.last().is_none_or(|fault| fault.0 != at) {
            let path = &self.context(item.chunk).compiled.charges[of.charge as usize].path;
            counted.faults.push((at, Fault::new(Code::Overflow, path, None)));
        }
    }

    /// The canonical order of two rows of one time.
    #[cold]
    fn tie(&self, a: (u32, u32), b: (u32, u32)) -> std::cmp::Ordering {
        order::tie(order::at(self.chunks, a), order::at(self.chunks, b))
    }
}

impl Move<'_> {
    /// Whose counter a row moves.
    #[inline]
    fn owner(&self, lane: &Lane, at: usize) -> u32 {
        if self.by_account { lane.account[at] } else { lane.subscription[at] }
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
        prefetch(&self.figures, ordinal);
    }

    /// For so many rows.
    fn new(rows: usize, has_opening: bool) -> Self {
        let none = Figures { before: NO_UNITS, amount: 0 };
        let flags = if has_opening { vec![0; rows] } else { Vec::new() };
        Self { figures: vec![none; rows], flags, large: Vec::new(), faults: Vec::new() }
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
    for (part, mine) in counted.iter().zip(&lane.mine) {
        for (&at, figures) in mine.iter().zip(&part.figures) {
            let at = usize::from(at);
            // Whatever counts stands somewhere.
            if figures.before != NO_UNITS {
                (lane.before[at], lane.amount[at]) = (figures.before, figures.amount.into());
            }
        }
        for &(at, amount) in &part.large {
            lane.amount[at] = amount;
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
