//! One partition of accounts, whose records are rated one by one.

use std::collections::HashMap;

use super::Choices;
use crate::counter::Counters;
use crate::rate::chunk::{Chunk, Work};
use crate::rate::order::Before;
use crate::rate::price::{self, Row, Space};
use crate::rate::route::{Context, Fault};
use crate::rate::{duplicates, order};
use crate::split::Shares;

/// A partition: its work from every chunk, and what it rejects.
pub(super) struct Partition<'a> {
    pub number: usize,
    /// By chunk.
    pub work: Vec<Work>,
    pub counters: Counters,
    pub rejects: Vec<(u32, usize, Fault)>,
    pub chunks: &'a [Chunk],
    pub before: Before<'a>,
    pub choices: Choices,
}

/// In place of the counter of a charge that counts nothing.
const UNCOUNTED: usize = usize::MAX;

type Outcome = (Vec<Work>, Counters, Vec<(u32, usize, Fault)>);

impl Partition<'_> {
    /// Rates its records; none if they are not in order and may not be sorted.
    pub fn rate(mut self, contexts: &[Context]) -> Option<Outcome> {
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
    fn repeated_elsewhere(&self, chunk: usize) -> impl Iterator<Item = (u32, u32)> + use<'_> {
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
            let mine = self.rows(chunk).chain(self.repeated_elsewhere(chunk));
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

    /// Finds the counters of a row's drafts, once, for `space` to hold.
    #[inline]
    fn find_counters(&mut self, contexts: &[Context], (number, row): (u32, u32), space: &mut Space) {
        let (chunk, row) = (&self.chunks[number as usize], row as usize);
        let (context, drafts) = (&contexts[chunk.source as usize], &self.work[number as usize].drafts);
        let (record, place) = (Row::of(chunk, row).record(context, &chunk.rows), chunk.places[row]);
        space.slots.clear();
        for draft in place.first as usize..(place.first + place.count) as usize {
            let (tariff, charge) = (drafts.tariff[draft], drafts.charge[draft]);
            let slot = context.compiled.charges[charge as usize]
                .counted
                .map(|counted| self.counters.place(price::key(context, &record, (tariff, charge), counted)));
            space.slots.push(slot.unwrap_or(UNCOUNTED));
        }
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
        price::advance(&mut self.counters, space, time, self.before.numbered((number, row)));
    }

    /// Lets the counters of a row see it, for they may be what rejects it.
    #[cold]
    fn pass(&mut self, (number, row): (u32, u32), space: &Space) {
        let time = self.chunks[number as usize].rows.time.values[row as usize];
        let at = self.before.numbered((number, row));
        space.slots.iter().filter(|&&slot| slot != UNCOUNTED).for_each(|&slot| self.counters.pass(slot, time, at));
    }

    /// Whether one of the row's counters has seen a record that belongs after it, in this call.
    #[inline]
    fn is_behind(&self, at: (u32, u32), space: &Space) -> bool {
        let time = self.chunks[at.0 as usize].rows.time.values[at.1 as usize];
        space.slots.iter().filter(|&&slot| slot != UNCOUNTED).any(|&slot| {
            let counter = self.counters.get(slot);
            let precedes = || self.before.comes_late(self.chunks, at, counter.latest);
            counter.is_touched() && (time < counter.latest_time || (time == counter.latest_time && precedes()))
        })
    }
}
