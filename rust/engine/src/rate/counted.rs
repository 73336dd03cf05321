//! Records of charges that count: priced by partitions of accounts, each in canonical order.
//!
//! Records mostly arrive in order, so a partition is first priced as it comes; the moment a counter sees a record that
//! belongs before the one it saw last, the partition is sorted and priced again from its opening counters.

use std::collections::HashMap;

use super::chunk::{Chunk, Place, Work};
use super::price::{self, Row, Space};
use super::route::{Context, Fault};
use super::rows::{Record, Rows};
use super::{Partitions, duplicates, lane, order, parallel};
use crate::counter::Counters;
use crate::split::Shares;

/// A partition: its work from every chunk, and what it rejects.
struct Partition<'a> {
    number: usize,
    /// By chunk.
    work: Vec<Work>,
    counters: Counters,
    rejects: Vec<(u32, usize, Fault)>,
    chunks: &'a [Chunk],
    /// Number of the first chunk in the whole call.
    base: usize,
    choices: Choices,
}

/// How partitions are rated.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    /// Whether records may be sorted.
    pub sort: bool,
    /// Whether some around them may be missing (`Options::beside`).
    pub beside: bool,
}

/// Rates all counted records of some chunks, the first of which has this number in the call. False if records are not
/// in order and may not be sorted here, because others came before.
pub fn rate(
    contexts: &[Context],
    (chunks, base): (&mut [Chunk], usize),
    counters: &mut Partitions,
    choices: Choices,
) -> bool {
    if chunks.iter().any(|chunk| chunk.lane.counts) && !count_lanes(contexts, (chunks, base), counters, choices.sort) {
        return false;
    }
    if !chunks.iter().any(Chunk::counts_rows) {
        return true;
    }
    let mut work: Vec<Vec<Work>> = (0..counters.len()).map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks.iter_mut() {
        for (number, work) in work.iter_mut().enumerate() {
            work.push(std::mem::take(&mut chunk.work[number + 1]));
        }
    }
    let shared: &[Chunk] = chunks;
    let partition = |(number, (work, counters))| {
        let rejects = Vec::new();
        Partition { number, work, counters, rejects, chunks: shared, base, choices }
    };
    let parts: Vec<_> = work.into_iter().zip(std::mem::take(counters)).enumerate().map(partition).collect();
    let few = parts.len() < 2;
    let rated = parallel::map(parts, few, |partition| partition.rate(contexts));
    let mut in_order = true;
    for (number, outcome) in rated.into_iter().enumerate() {
        let Some((work, partition_counters, rejects)) = outcome else {
            in_order = false;
            continue;
        };
        for (chunk, work) in chunks.iter_mut().zip(work) {
            chunk.work[number + 1] = work;
        }
        for (chunk, row, fault) in rejects {
            chunks[chunk as usize].reject(row, fault);
        }
        counters.push(partition_counters);
    }
    in_order
}

/// Counts the lanes of some chunks; false if records are not in order.
fn count_lanes(
    contexts: &[Context],
    (chunks, base): (&mut [Chunk], usize),
    counters: &mut Partitions,
    sort: bool,
) -> bool {
    let few = counters.len() < 2;
    let shared: &[Chunk] = chunks;
    let count = |partition: (usize, &mut Counters)| lane::count(contexts, (shared, base), partition, sort);
    let numbered: Vec<_> = counters.iter_mut().enumerate().collect();
    let counted: Option<Vec<_>> = parallel::map(numbered, few, count).into_iter().collect();
    let Some(counted) = counted else { return false };
    let mut counted: Vec<_> = counted.into_iter().map(Vec::into_iter).collect();
    let by_chunk: Vec<Vec<_>> =
        chunks.iter().map(|_| counted.iter_mut().filter_map(Iterator::next).collect()).collect();
    let chunks: Vec<_> = chunks.iter_mut().zip(by_chunk).collect();
    let few = chunks.len() < 2;
    parallel::map(chunks, few, |(chunk, counted)| lane::merge(chunk, counted));
    true
}

type Outcome = (Vec<Work>, Counters, Vec<(u32, usize, Fault)>);

impl Partition<'_> {
    fn rate(mut self, contexts: &[Context]) -> Option<Outcome> {
        if self.chunks.iter().any(|chunk| !chunk.repeated.is_empty()) {
            // Which of several is the original is told by their order.
            self.in_canonical_order(contexts);
            return Some((self.work, self.counters, self.rejects));
        }
        let opening = if self.choices.sort { self.counters.clone() } else { Counters::default() };
        if !self.in_order_of_arrival(contexts) {
            if !self.choices.sort {
                return None;
            }
            self.counters = opening;
            self.rejects.clear();
            self.work.iter_mut().for_each(|work| work.shares = Shares::default());
            self.in_canonical_order(contexts);
        }
        Some((self.work, self.counters, self.rejects))
    }

    /// The rows of this partition, by chunk and row.
    fn rows(&self, chunk: usize) -> impl Iterator<Item = (u32, u32)> + use<'_> {
        let chunks = &self.chunks[chunk];
        let mine = self.number as u32 + 1;
        let rows = (0..chunks.places.len() as u32)
            .filter(move |&row| chunks.places[row as usize].work == mine && chunks.is_rated(row as usize));
        rows.map(move |row| (chunk as u32, row))
    }

    /// Rows of other work that share their identity with some of this partition.
    fn beside(&self, chunk: usize) -> impl Iterator<Item = (u32, u32)> + use<'_> {
        let (chunks, mine) = (&self.chunks[chunk], self.number as u32 + 1);
        let rows = chunks.repeated.iter().filter(move |(_, repeated)| repeated.work == mine).map(|(&row, _)| row);
        rows.filter(move |&row| chunks.places[row as usize].work != mine).map(move |row| (chunk as u32, row))
    }

    fn in_order_of_arrival(&mut self, contexts: &[Context]) -> bool {
        let mut space = Space::default();
        for chunk in 0..self.chunks.len() {
            if self.work[chunk].drafts.len() == 0 {
                continue;
            }
            let mine: Vec<(u32, u32)> = self.rows(chunk).collect();
            for at in mine {
                if !self.one(contexts, at, &mut space, true) {
                    return false;
                }
            }
        }
        true
    }

    fn in_canonical_order(&mut self, contexts: &[Context]) {
        let mut rows: Vec<(i64, u32, u32)> = Vec::new();
        for chunk in 0..self.chunks.len() {
            let times = &self.chunks[chunk].rows.time.values;
            let mine = self.rows(chunk).chain(self.beside(chunk));
            rows.extend(mine.map(|(chunk, row)| (times[row as usize], chunk, row)));
        }
        let chunks = self.chunks;
        rows.sort_unstable_by(|a, b| {
            let tie = || order::tie(order::at(chunks, (a.1, a.2)), order::at(chunks, (b.1, b.2)));
            a.0.cmp(&b.0).then_with(tie).then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
        });
        let (mut space, mut originals) = (Space::default(), HashMap::new());
        for (_, chunk, row) in rows {
            match self.chunks[chunk as usize].repeated.get(&row) {
                None => _ = self.one(contexts, (chunk, row), &mut space, false),
                Some(repeated) => {
                    self.one_of_several(contexts, (chunk, row), repeated.identity, &mut originals, &mut space);
                }
            }
        }
    }

    /// Rates one row; false if `check` finds that it belongs before one that is already rated.
    fn one(&mut self, contexts: &[Context], at: (u32, u32), space: &mut Space, check: bool) -> bool {
        self.find_counters(contexts, at, space);
        if check && self.is_behind(at, space) {
            return false;
        }
        match self.price(contexts, at, space) {
            Ok(()) => self.advance(at, space),
            Err(fault) => {
                if check && fault.code.may_be_of_counters() {
                    self.pass(at, space);
                }
                self.rejects.push((at.0, at.1 as usize, fault));
            }
        }
        true
    }

    /// The same of one whose identity others have too: the first that can be rated is the original.
    fn one_of_several(
        &mut self,
        contexts: &[Context],
        at: (u32, u32),
        identity: u32,
        originals: &mut HashMap<u32, (u32, u32)>,
        space: &mut Space,
    ) {
        let counts = self.chunks[at.0 as usize].places[at.1 as usize].work != 0;
        let priced = if counts {
            self.find_counters(contexts, at, space);
            self.price(contexts, at, space)
        } else {
            Ok(())
        };
        let is_believed = |fault: &Fault| !self.choices.beside || !fault.code.may_be_of_counters();
        let fault = match (priced, originals.get(&identity)) {
            (Err(fault), _) if is_believed(&fault) => fault,
            (_, Some(&original)) => duplicates::fault(contexts, self.chunks, original, at),
            (priced, None) => {
                originals.insert(identity, at);
                match priced {
                    Err(fault) => fault,
                    Ok(()) if counts => return self.advance(at, space),
                    Ok(()) => return,
                }
            }
        };
        self.rejects.push((at.0, at.1 as usize, fault));
    }

    /// Finds the counters of a row, for `space` to hold.
    fn find_counters(&mut self, contexts: &[Context], (number, row): (u32, u32), space: &mut Space) {
        let (chunk, row) = (&self.chunks[number as usize], row as usize);
        let context = &contexts[chunk.source as usize];
        let record = Row::of(chunk, row).record(context, &chunk.rows);
        let place = (&self.work[number as usize], chunk.places[row]);
        find_counters(context, &record, place, &mut self.counters, space);
    }

    /// Prices a row by its counters, which are found, and moves none of them.
    fn price(&mut self, contexts: &[Context], (number, row): (u32, u32), space: &mut Space) -> Result<(), Fault> {
        let (chunk, row) = (&self.chunks[number as usize], row as usize);
        let (context, work) = (&contexts[chunk.source as usize], &mut self.work[number as usize]);
        price::price_row(context, &chunk.rows, Row::of(chunk, row), chunk.places[row], work, &self.counters, space)
    }

    /// Moves the counters of the row that was priced last.
    fn advance(&mut self, (number, row): (u32, u32), space: &Space) {
        let time = self.chunks[number as usize].rows.time.values[row as usize];
        price::advance(&mut self.counters, space, time, (number + self.base as u32, row));
    }

    /// Lets the counters of a row see it, for they may be what rejects it.
    #[cold]
    fn pass(&mut self, (number, row): (u32, u32), space: &Space) {
        let time = self.chunks[number as usize].rows.time.values[row as usize];
        let at = (number + self.base as u32, row);
        space.slots.iter().filter(|&&slot| slot != UNCOUNTED).for_each(|&slot| self.counters.pass(slot, time, at));
    }

    /// Whether one of the row's counters has seen a record that belongs after it, in this call.
    #[inline]
    fn is_behind(&self, at: (u32, u32), space: &Space) -> bool {
        let (rows, row) = order::at(self.chunks, at);
        let time = rows.time.values[row];
        space.slots.iter().filter(|&&slot| slot != UNCOUNTED).any(|&slot| {
            let counter = self.counters.get(slot);
            let precedes = || self.precedes((rows, row), at, counter.latest);
            counter.is_touched() && (time < counter.latest_time || (time == counter.latest_time && precedes()))
        })
    }
}

impl Partition<'_> {
    /// Whether a row belongs before the latest of its instant; one that is out of reach is not known to be before it.
    fn precedes(&self, row: (&Rows, usize), at: (u32, u32), latest: (u32, u32)) -> bool {
        let Some(chunk) = (latest.0 as usize).checked_sub(self.base) else { return true };
        let latest = (chunk as u32, latest.1);
        latest != at && order::tie(row, order::at(self.chunks, latest)).is_lt()
    }
}

/// Finds the counters of a row's drafts, once.
#[inline]
pub fn find_counters(
    context: &Context,
    record: &Record,
    (work, place): (&Work, Place),
    counters: &mut Counters,
    space: &mut Space,
) {
    space.slots.clear();
    for draft in place.first as usize..(place.first + place.count) as usize {
        let (tariff, charge) = (work.drafts.tariff[draft], work.drafts.charge[draft]);
        let slot = context.compiled.charges[charge as usize]
            .counted
            .map(|counted| counters.place(price::key(context, record, (tariff, charge), counted)));
        space.slots.push(slot.unwrap_or(UNCOUNTED));
    }
}

/// In place of the counter of a charge that counts nothing.
const UNCOUNTED: usize = usize::MAX;
