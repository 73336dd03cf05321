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
use crate::rate::chunk::{Chunk, partition_of};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Figures {
    /// Those of a row that is rejected.
    const NONE: Self = Self { before: NO_UNITS, amount: 0 };
}

impl Counted {
    /// Asks for the memory of a row.
    #[inline]
    fn expect(&self, ordinal: usize) {
        prefetch(&self.figures, ordinal);
    }

    /// For so many rows, whose figures come in their order.
    fn with_capacity(rows: usize, has_opening: bool) -> Self {
        let flags = if has_opening { vec![0; rows] } else { Vec::new() };
        Self { figures: Vec::with_capacity(rows), flags, ..Self::default() }
    }
}

/// Puts together what the partitions have counted of a chunk's lane, and takes out what they reject.
pub fn merge(chunk: &mut Chunk, counted: Vec<Counted>) {
    let lane = &mut chunk.lane;
    if !lane.counts {
        return;
    }
    lane.put_figures(&counted);
    let has_flags = counted.iter().any(|part| !part.flags.is_empty());
    lane.flags = if has_flags { vec![0; lane.len()] } else { Vec::new() };
    for (part, turns) in counted.iter().zip(&lane.turns) {
        for &(at, amount) in &part.large {
            lane.amount[at] = amount;
        }
        for (turn, &flags) in turns.iter().zip(&part.flags) {
            lane.flags[usize::from(turn.at)] = flags;
        }
    }
    lane.turns = Vec::new();
    let mut faults: Vec<_> = counted.into_iter().flat_map(|part| part.faults).collect();
    faults.sort_by_key(|fault| fault.0);
    let places: Vec<usize> = faults.iter().map(|fault| fault.0).collect();
    let rejects: Vec<_> = faults.into_iter().map(|(at, fault)| (chunk.lane.row[at] as usize, fault)).collect();
    chunk.lane.remove(&places);
    for (row, fault) in rejects {
        chunk.reject(row, fault);
    }
}

impl Lane {
    /// Takes its rows' figures from the partitions, each of which has its own in their order.
    fn put_figures(&mut self, counted: &[Counted]) {
        self.all_count = counted.iter().map(|part| part.figures.len()).sum::<usize>() == self.len();
        if !self.all_count {
            self.before = vec![NO_UNITS; self.len()];
            self.amount.resize(self.len(), 0);
            for (part, turns) in counted.iter().zip(&self.turns) {
                for (turn, figures) in turns.iter().zip(&part.figures) {
                    let at = usize::from(turn.at);
                    (self.before[at], self.amount[at]) = (figures.before, figures.amount.into());
                }
            }
            return;
        }
        let mut next: Vec<_> = counted.iter().map(|part| part.figures.iter()).collect();
        let partition = |account: u32| partition_of(account, counted.len());
        let figures = self.account.iter().map_while(|&account| next[partition(account)].next());
        self.before = Vec::with_capacity(self.len());
        self.amount = Vec::with_capacity(self.len());
        for figures in figures {
            self.before.push(figures.before);
            self.amount.push(figures.amount.into());
        }
    }
}
