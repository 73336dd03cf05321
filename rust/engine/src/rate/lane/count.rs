//! Counting: rows of a partition of accounts move their counters, in order, and are priced by where these stand.

mod ahead;
mod arrival;
mod canonical;
mod price;

use super::turn::Turn;
use super::{Lane, NO_UNITS};
use crate::catalog::Reset;
use crate::charge::Whole;
use crate::counter::{Counters, NEVER};
use crate::prefetch::prefetch;
use crate::rate::chunk::Chunk;
use crate::rate::order;
use crate::rate::route::{Context, Fault};
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
    before: i64,
    amount: i64,
}

/// One row on its way to a counter.
#[derive(Debug, Clone, Copy)]
struct Item {
    time: i64,
    billed: i64,
    chunk: u32,
    mark: u32,
    /// Its row in its chunk, its place in the lane, and that among the rows of its partition there.
    row: u16,
    at: u16,
    ordinal: u16,
}

/// What rows of a mark do: which charge's counter they move, and what they cost by it.
#[derive(Debug, Clone, Copy)]
struct Move<'a> {
    whole: &'a Whole,
    /// Small amounts that are sure to be split without a fault, and all of these.
    small: Safe<i64>,
    safe: Safe,
    charge: u32,
    reset: Reset,
}

/// What the marks of a chunk do; nobody asks for those that do not count.
#[derive(Debug, Default)]
struct Moves<'a> {
    of: Vec<Move<'a>>,
    /// Of which kind their counters are; `UNKNOWN` where it is for each row to say.
    kinds: Vec<u32>,
}

/// One partition's way through the lanes of some chunks.
struct Count<'a> {
    contexts: &'a [Context<'a>],
    chunks: &'a [Chunk],
    /// Number of the first chunk in the whole call.
    base: usize,
    partition: usize,
    has_opening: bool,
    /// By chunk.
    moves: Vec<Moves<'a>>,
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
fn moves<'a>(context: &Context<'a>, lane: &Lane, counters: &mut Counters) -> Moves<'a> {
    let lanes = &context.compiled.lanes;
    let mut moves = Moves::default();
    for mark in &lane.marks {
        let charge = &lanes.charges[mark.charge as usize];
        let period = match charge.counted.map(|counted| counted.reset) {
            Some(Reset::Cycle) => Some(mark.month),
            Some(Reset::Never) => Some(NEVER),
            Some(Reset::Month) | None => None,
        };
        let safe = lanes.safe(lane.set(mark));
        let reset = charge.counted.map_or(Reset::Never, |counted| counted.reset);
        moves.of.push(Move { whole: &charge.whole, small: safe.small(), safe, charge: charge.charge, reset });
        moves.kinds.push(period.map_or(UNKNOWN, |period| counters.kind(0, charge.charge, period)));
    }
    moves
}

impl<'a> Count<'a> {
    #[inline]
    fn context(&self, chunk: u32) -> &'a Context<'a> {
        &self.contexts[self.chunks[chunk as usize].source as usize]
    }

    /// The partition's rows that count in a chunk.
    fn turns(&self, chunk: u32) -> &'a [Turn] {
        self.chunks[chunk as usize].lane.turns.get(self.partition).map_or(&[], Vec::as_slice)
    }

    /// The canonical order of two rows of one time.
    #[cold]
    fn tie(&self, a: (u32, u32), b: (u32, u32)) -> std::cmp::Ordering {
        order::tie(order::at(self.chunks, a), order::at(self.chunks, b))
    }
}

impl Turn {
    /// The row as one of a chunk, with its place among those of its partition.
    #[inline]
    fn item(&self, chunk: u32, ordinal: usize) -> Item {
        let Self { time, billed, mark, row, at, .. } = *self;
        Item { time, billed, chunk, mark, row, at, ordinal: ordinal as u16 }
    }
}

impl Item {
    /// Its chunk and its row there.
    #[inline]
    fn row(&self) -> (u32, u32) {
        (self.chunk, self.row.into())
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
    lane.amount.resize(lane.len(), 0);
    lane.flags = if has_flags { vec![0; lane.len()] } else { Vec::new() };
    lane.mine = lane.turns.iter().map(|turns| turns.iter().map(|turn| turn.at).collect()).collect();
    lane.turns = Vec::new();
    for (part, mine) in counted.iter().zip(&lane.mine) {
        for (&at, figures) in mine.iter().zip(&part.figures) {
            let at = usize::from(at);
            (lane.before[at], lane.amount[at]) = (figures.before, figures.amount.into());
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
