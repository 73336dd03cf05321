//! What a partition makes of its rows in the lane of a chunk, and how the lane takes it.

use super::{Lane, Mine, NO_UNITS};
use crate::rate::chunk::Chunk;
use crate::rate::route::Fault;

/// Where counters stood before the rows of a partition, and what these cost by them, in their order.
#[derive(Debug, Default)]
pub struct Counted {
    /// `NO_UNITS` for a row that moves none.
    before: Vec<i64>,
    amount: Vec<i128>,
    /// Empty when no counter was opened by an earlier call.
    pub(super) flags: Vec<i32>,
    /// Places in the lane of rows that are rejected.
    pub(super) faults: Vec<(usize, Fault)>,
    /// Whether some rows move no counter.
    has_idle: bool,
}

/// Where a counter stood, and what a row costs by it.
pub(super) type Figures = (i64, i128);
/// Those of a row that is rejected, or not priced yet.
pub(super) const REJECTED: Figures = (NO_UNITS, 0);

impl Counted {
    /// For so many rows, whose figures come in their order.
    pub(super) fn with_capacity(rows: usize, has_opening: bool) -> Self {
        let flags = if has_opening { vec![0; rows] } else { Vec::new() };
        Self { before: Vec::with_capacity(rows), amount: Vec::with_capacity(rows), flags, ..Self::default() }
    }

    /// Adds those of the next row.
    #[inline]
    pub(super) fn add(&mut self, (before, amount): Figures) {
        self.before.push(before);
        self.amount.push(amount);
    }

    /// Adds those of the next rows.
    #[inline]
    pub(super) fn add_all(&mut self, before: &[i64], amounts: &[i64]) {
        self.before.extend_from_slice(before);
        self.amount.extend(amounts.iter().map(|&amount| i128::from(amount)));
    }

    /// Adds those of a row that moves no counter: its amount is known.
    pub(super) fn add_idle(&mut self, lane: &Lane, at: usize) {
        self.add((NO_UNITS, lane.amount.get(at).copied().unwrap_or(0)));
        self.has_idle = true;
    }
}

/// Puts together what the partitions have counted of their rows of a chunk's lane, and takes out what they reject.
pub fn merge(chunk: &mut Chunk, counted: Vec<(Mine, Counted)>) {
    let lane = &mut chunk.lane;
    if !lane.counts {
        return;
    }
    lane.all_count = counted.iter().all(|(_, part)| !part.has_idle);
    let mut faults = Vec::new();
    match <[_; 1]>::try_from(counted) {
        Ok([(_, all)]) => {
            (lane.before, lane.amount, lane.flags, faults) = (all.before, all.amount, all.flags, all.faults);
        }
        Err(parts) => parts.into_iter().for_each(|(mine, part)| faults.extend(lane.put(mine, part))),
    }
    faults.sort_by_key(|fault| fault.0);
    let places: Vec<usize> = faults.iter().map(|fault| fault.0).collect();
    let rejects: Vec<_> = faults.into_iter().map(|(at, fault)| (chunk.lane.row[at] as usize, fault)).collect();
    chunk.lane.remove(&places);
    for (row, fault) in rejects {
        chunk.reject(row, fault);
    }
}

impl Lane {
    /// Takes the figures of some of its rows; those that are rejected, and why.
    fn put(&mut self, mine: Mine, counted: Counted) -> Vec<(usize, Fault)> {
        let rows = self.len();
        self.before.resize(rows, NO_UNITS);
        self.amount.resize(rows, 0);
        for (ordinal, (before, amount)) in counted.before.into_iter().zip(counted.amount).enumerate() {
            let at = mine.at(ordinal);
            (self.before[at], self.amount[at]) = (before, amount);
        }
        if !counted.flags.is_empty() {
            self.flags.resize(rows, 0);
            counted.flags.into_iter().enumerate().for_each(|(ordinal, flags)| self.flags[mine.at(ordinal)] = flags);
        }
        counted.faults
    }
}
