//! Counting: rows of a partition of accounts move their counters, in order, and are priced by where these stand.

use super::route::period;
use super::{Lane, NO_UNITS, split_fault};
use crate::catalog::Scope;
use crate::compile::NO_LANE;
use crate::counter::Counters;
use crate::rate::chunk::Chunk;
use crate::rate::order;
use crate::rate::route::{Context, Fault};
use crate::reject::Code;
use crate::schema::OUT_OF_ORDER;

/// Which accounts, of how many partitions.
#[derive(Debug, Clone, Copy)]
pub struct Partition {
    pub number: usize,
    pub of: usize,
}

impl Partition {
    /// Whether an account is one of them.
    #[inline]
    pub fn holds(self, account: u32) -> bool {
        self.of == 1 || account as usize % self.of == self.number
    }
}

/// What a partition makes of its rows in the lane of a chunk, in their order.
#[derive(Debug, Default)]
pub struct Counted {
    pub before: Vec<i64>,
    pub amount: Vec<i128>,
    /// Empty when no counter was opened by an earlier call.
    pub flags: Vec<i32>,
    /// Places in the lane of rows that are rejected.
    pub faults: Vec<(usize, Fault)>,
}

/// Rows whose counters are looked up before any is moved, so that memory is waited for once for many.
const BLOCK: usize = 512;

/// One partition's way through the lanes of some chunks.
struct Count<'a> {
    contexts: &'a [Context<'a>],
    chunks: &'a [Chunk],
    /// Number of the first chunk in the whole call.
    base: usize,
    partition: Partition,
    counters: &'a mut Counters,
    /// Codes of charges in periods, found last.
    kinds: [(u32, i32, u32); KINDS],
}

const KINDS: usize = 64;

/// Counts the rows of a partition, by chunk; none if a record belongs before one that is already counted.
pub fn count(
    contexts: &[Context],
    (chunks, base): (&[Chunk], usize),
    partition: Partition,
    counters: &mut Counters,
) -> Option<Vec<Counted>> {
    let kinds = [(NO_LANE, 0, 0); KINDS];
    let mut count = Count { contexts, chunks, base, partition, counters, kinds };
    (0..chunks.len()).map(|chunk| count.chunk(chunk)).collect()
}

impl Count<'_> {
    fn chunk(&mut self, number: usize) -> Option<Counted> {
        let lane = &self.chunks[number].lane;
        let mut counted = Counted::default();
        if !lane.counts {
            return Some(counted);
        }
        let mut places = Vec::with_capacity(BLOCK);
        let mut next = 0;
        while next < lane.len() {
            places.clear();
            while next < lane.len() && places.len() < BLOCK {
                if self.partition.holds(lane.account[next]) {
                    places.push((next, self.place(number, lane, next)));
                }
                next += 1;
            }
            for &(at, place) in &places {
                self.one(number, lane, (at, place), &mut counted)?;
            }
        }
        Some(counted)
    }

    /// The place of a row's counter; none if its charge does not count.
    #[inline]
    fn place(&mut self, number: usize, lane: &Lane, at: usize) -> Option<usize> {
        let chunk = &self.chunks[number];
        let context = &self.contexts[chunk.source as usize];
        let charge = lane.charge(context, at);
        let counted = charge.counted?;
        let time = chunk.rows.time.values[lane.row[at] as usize];
        let period = period(context, lane, at, counted.reset, time);
        let known = &mut self.kinds[lane.charge[at] as usize % KINDS];
        if (known.0, known.1) != (lane.charge[at], period) {
            *known = (lane.charge[at], period, self.counters.kind(0, charge.charge, period));
        }
        let owner = match counted.scope {
            Scope::Account => lane.account[at],
            Scope::Subscription | Scope::Record => lane.subscription[at],
        };
        Some(self.counters.place_of(owner, known.2))
    }

    /// Counts one row; none if it is out of order.
    #[inline]
    fn one(
        &mut self,
        number: usize,
        lane: &Lane,
        (at, place): (usize, Option<usize>),
        counted: &mut Counted,
    ) -> Option<()> {
        let Some(place) = place else {
            counted.push(NO_UNITS, lane.amount[at], self.counters.has_opening().then_some(0));
            return Some(());
        };
        let chunk = &self.chunks[number];
        let context = &self.contexts[chunk.source as usize];
        let row = lane.row[at];
        let time = chunk.rows.time.values[row as usize];
        if self.is_behind(number, row, time, place) {
            return None;
        }
        let late = self
            .counters
            .has_opening()
            .then(|| if time < self.counters.opening_watermark(place) { OUT_OF_ORDER } else { 0 });
        let counter = self.counters.at(place);
        let before = counter.whole();
        let charge = lane.charge(context, at);
        let amount = charge.whole.amount(before, lane.billed[at], lane.quantity[at]);
        let lanes = &context.compiled.lanes;
        let is_safe = |amount: i128| {
            let sharing = lane.sharing(at).iter();
            sharing.map(|&agreement| lanes.parts(agreement)).all(|parts| parts.is_some_and(|p| p.is_safe(amount)))
        };
        let path = || &context.compiled.charges[charge.charge as usize].path;
        let fault = match amount {
            None => Some(Fault::new(Code::Overflow, path(), None)),
            Some(amount) if is_safe(amount) => None,
            Some(amount) => split_fault(context, &chunk.rows, lane, at, amount),
        };
        let amount = amount.unwrap_or(0);
        let chunk_number = (number + self.base) as u32;
        let after = before + lane.billed[at];
        let fault = match fault {
            None if counter.advance(after, amount, time, (chunk_number, row)) => None,
            None => Some(Fault::new(Code::Overflow, path(), None)),
            fault => fault,
        };
        if let Some(fault) = fault {
            counted.faults.push((at, fault));
        }
        counted.push(before, amount, late);
        Some(())
    }

    /// Whether a counter has seen a record that belongs after this one, in this call.
    #[inline]
    fn is_behind(&self, number: usize, row: u32, time: i64, place: usize) -> bool {
        let counter = self.counters.get(place);
        counter.is_touched()
            && (time < counter.latest_time
                || (time == counter.latest_time && self.precedes((number as u32, row), counter.latest)))
    }

    /// Whether a row belongs before the latest of its instant; one out of reach is not known to follow it.
    #[cold]
    fn precedes(&self, at: (u32, u32), latest: (u32, u32)) -> bool {
        let Some(chunk) = (latest.0 as usize).checked_sub(self.base) else { return true };
        let latest = (chunk as u32, latest.1);
        latest != at && order::tie(order::at(self.chunks, at), order::at(self.chunks, latest)).is_lt()
    }
}

impl Counted {
    #[inline]
    fn push(&mut self, before: i64, amount: i128, flags: Option<i32>) {
        self.before.push(before);
        self.amount.push(amount);
        self.flags.extend(flags);
    }
}

/// Puts together what the partitions have counted of a chunk's lane, and takes out what they reject.
pub fn merge(chunk: &mut Chunk, mut counted: Vec<Counted>) {
    let lane = &mut chunk.lane;
    if !lane.counts {
        return;
    }
    let faults: Vec<_> = counted.iter_mut().flat_map(|part| std::mem::take(&mut part.faults)).collect();
    match <[Counted; 1]>::try_from(counted) {
        Ok([only]) => (lane.before, lane.amount, lane.flags) = (only.before, only.amount, only.flags),
        Err(counted) => interleave(lane, &counted),
    }
    let mut places: Vec<usize> = faults.iter().map(|fault| fault.0).collect();
    places.sort_unstable_by(|a, b| b.cmp(a));
    let rejects: Vec<_> = faults.into_iter().map(|(at, fault)| (chunk.lane.row[at] as usize, fault)).collect();
    chunk.lane.remove(&places);
    rejects.into_iter().for_each(|(row, fault)| chunk.reject(row, fault));
}

fn interleave(lane: &mut Lane, counted: &[Counted]) {
    let mut next = vec![0_usize; counted.len()];
    lane.before.reserve(lane.len());
    for at in 0..lane.len() {
        let part = lane.account[at] as usize % counted.len();
        let (from, place) = (&counted[part], next[part]);
        lane.before.push(from.before[place]);
        lane.amount[at] = from.amount[place];
        if let Some(&flags) = from.flags.get(place) {
            lane.flags.resize(at, 0);
            lane.flags.push(flags);
        }
        next[part] += 1;
    }
    if !lane.flags.is_empty() {
        lane.flags.resize(lane.len(), 0);
    }
}
