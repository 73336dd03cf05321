//! Counting: rows of a partition of accounts move their counters, in order, and are priced by where these stand.

mod arrival;
mod canonical;
mod figures;
mod moves;
mod price;
mod turns;

use super::mine::Mine;
use super::{Lane, NO_UNITS};
use crate::counter::Counters;
use crate::rate::chunk::Chunk;
use crate::rate::order::{self, Before};
use crate::rate::route::Context;
pub use figures::{Counted, merge};
use moves::Moves;

/// One row on its way to a counter.
#[derive(Debug, Clone, Copy)]
struct Item {
    time: i64,
    billed: i64,
    chunk: u32,
    mark: u32,
    /// Its row in its chunk, which has no more of them than fit, its place in the lane, and that among the rows of its
    /// partition there.
    row: u16,
    at: u16,
    ordinal: u16,
}

/// One partition's way through the lanes of some chunks.
struct Count<'a> {
    contexts: &'a [Context<'a>],
    chunks: &'a [Chunk],
    before: Before<'a>,
    has_opening: bool,
    /// By chunk.
    mine: Vec<Mine<'a>>,
    moves: Vec<Moves<'a>>,
}

/// Counts the rows of a partition, by chunk. In order of arrival; none if a record belongs before one that is already
/// counted, unless they are to be sorted.
pub fn count<'a>(
    contexts: &'a [Context<'a>],
    (chunks, before): (&'a [Chunk], Before<'a>),
    (mine, counters): (Vec<Mine<'a>>, &mut Counters),
    sort: bool,
) -> Option<Vec<Counted>> {
    let moves_of = |chunk: &'a Chunk| Moves::of(&contexts[chunk.source as usize], &chunk.lane, counters);
    let moves = chunks.iter().map(moves_of).collect();
    let count = Count { contexts, chunks, before, has_opening: counters.has_opening(), mine, moves };
    if sort { Some(count.in_canonical_order(counters)) } else { count.in_order_of_arrival(counters) }
}

impl<'a> Count<'a> {
    #[inline]
    fn context(&self, chunk: u32) -> &'a Context<'a> {
        &self.contexts[self.chunks[chunk as usize].source as usize]
    }

    fn lane(&self, chunk: u32) -> &'a Lane {
        &self.chunks[chunk as usize].lane
    }

    /// The partition's rows in a chunk.
    fn mine(&self, chunk: u32) -> Mine<'a> {
        self.mine[chunk as usize]
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
        (self.chunk, self.row.into())
    }
}
