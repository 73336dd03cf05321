//! On the way to counters: memory is asked for a block of rows before it is needed.

use super::{Count, UNKNOWN};
use crate::counter::Counters;
use crate::directory::NOWHERE;
use crate::rate::holders::BLOCK;

/// Where the counters of a block of rows are; `NOWHERE` for those that are not quickly found.
pub(super) type Places = [u32; BLOCK];

impl Count<'_> {
    /// Finds the counters of a block of the partition's rows, and asks for them.
    #[inline(never)]
    pub(super) fn look_ahead(&self, counters: &mut Counters, (chunk, block): (u32, usize), places: &mut Places) {
        let kinds = self.moves[chunk as usize].kinds.as_slice();
        let turns = self.turns(chunk).chunks(BLOCK).nth(block).unwrap_or_default();
        for at in 0..turns.len().min(BLOCK) {
            let kind = match kinds[turns[at].mark as usize] {
                UNKNOWN => self.kind(counters, chunk, block * BLOCK + at),
                kind => kind,
            };
            places[at] = counters.approach(kind, turns[at].owner);
        }
    }

    /// The place of a row's counter, which is perhaps known.
    #[inline]
    pub(super) fn place(&self, counters: &mut Counters, (chunk, ordinal): (u32, usize), known: u32) -> usize {
        if known == NOWHERE { self.look_for_place(counters, chunk, ordinal) } else { known as usize }
    }

    #[inline(never)]
    fn look_for_place(&self, counters: &mut Counters, chunk: u32, ordinal: usize) -> usize {
        let turn = &self.turns(chunk)[ordinal];
        let kind = match self.moves[chunk as usize].kinds[turn.mark as usize] {
            UNKNOWN => self.kind(counters, chunk, ordinal),
            kind => kind,
        };
        counters.place_of(kind, turn.owner)
    }

    /// The kind of a row's counter, where the row's own month tells it.
    #[inline(never)]
    fn kind(&self, counters: &mut Counters, chunk: u32, ordinal: usize) -> u32 {
        let turn = &self.turns(chunk)[ordinal];
        let of = &self.moves[chunk as usize].of[turn.mark as usize];
        let account = self.chunks[chunk as usize].lane.account[usize::from(turn.at)];
        let period = self.context(chunk).subscribers.period_of(of.reset, account, turn.time);
        counters.kind(0, of.charge, period)
    }
}
