//! On the way to counters: memory is asked for a block of rows before it is needed.

use super::{Count, UNKNOWN};
use crate::counter::Counters;
use crate::rate::holders::BLOCK;

/// Where the counters of a block of rows are.
pub(super) type Places = [u32; BLOCK];

impl Count<'_> {
    /// Finds the counters of a block of the partition's rows, and asks for them; new ones start at zero. For the block
    /// after it, what leads to counters is asked for.
    #[inline(never)]
    pub(super) fn look_ahead(&self, counters: &mut Counters, (chunk, block): (u32, usize), places: &mut Places) {
        let kinds = self.moves[chunk as usize].kinds.as_slice();
        let turns_of = |block: usize| self.turns(chunk).chunks(BLOCK).nth(block).unwrap_or_default();
        for turn in turns_of(block + 1) {
            counters.expect(kinds[turn.mark as usize], turn.owner);
        }
        let turns = turns_of(block);
        for (at, turn) in turns.iter().enumerate().take(BLOCK) {
            let kind = match kinds[turn.mark as usize] {
                UNKNOWN => self.kind(counters, chunk, block * BLOCK + at),
                kind => kind,
            };
            places[at] = counters.approach(kind, turn.owner);
        }
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
