//! In order of arrival, which is mostly the canonical one.

use super::{Count, Counted, Figures, Item};
use crate::counter::{Counter, Counters};
use crate::rate::holders::BLOCK;

impl Count<'_> {
    /// Counts chunk by chunk; none if a record belongs before one that is already counted.
    pub(super) fn in_order_of_arrival(&self, counters: &mut Counters) -> Option<Vec<Counted>> {
        (0..self.chunks.len() as u32).map(|chunk| self.chunk(counters, chunk)).collect()
    }

    /// Counts the rows of a chunk, a block of them while memory answers for the next.
    fn chunk(&self, counters: &mut Counters, number: u32) -> Option<Counted> {
        let rows = self.turns(number).len();
        let mut counted = Counted::with_capacity(rows, self.has_opening);
        let (mut places, mut next) = ([0; BLOCK], [0; BLOCK]);
        self.look_ahead(counters, (number, 0), &mut next);
        for block in 0..rows.div_ceil(BLOCK) {
            std::mem::swap(&mut places, &mut next);
            self.look_ahead(counters, (number, block + 1), &mut next);
            let len = BLOCK.min(rows - block * BLOCK);
            if !self.block(counters, (number, block * BLOCK), &places[..len], &mut counted) {
                return None;
            }
        }
        Some(counted)
    }

    /// Counts the rows of a block, the first of them with this ordinal; false if one belongs before one that is already
    /// counted.
    fn block(
        &self,
        counters: &mut Counters,
        (chunk, first): (u32, usize),
        places: &[u32],
        counted: &mut Counted,
    ) -> bool {
        let mut done = 0;
        while done < places.len() {
            done += self.quickly(counters, (chunk, first + done), &places[done..], &mut counted.figures);
            if done < places.len() {
                let item = self.turns(chunk)[first + done].item(chunk, first + done);
                let place = places[done] as usize;
                if self.is_behind(&item, counters.get(place)) {
                    return false;
                }
                let figures = self.price(counters, &item, place, counted);
                if figures == Figures::NONE {
                    counters.pass(place, item.time, self.row_of(&item));
                }
                counted.figures.push(figures);
                done += 1;
            }
        }
        true
    }

    /// Counts rows, the first of them with this ordinal, as long as they follow what their counters have seen and
    /// nothing about them takes a closer look; how many these are.
    #[inline(never)]
    fn quickly(
        &self,
        counters: &mut Counters,
        (chunk, first): (u32, usize),
        places: &[u32],
        figures: &mut Vec<Figures>,
    ) -> usize {
        let moves = self.moves[chunk as usize].of.as_slice();
        let turns = &self.turns(chunk)[first..first + places.len()];
        let number = chunk + self.base as u32;
        let (all, seen) = counters.small();
        let mut done = 0;
        while done < places.len() {
            let (turn, place) = (&turns[done], places[done]);
            let Some(counter) = all.get_mut(place as usize) else { break };
            let Some(of) = moves.get(turn.mark as usize) else { break };
            let is_next = turn.time > counter.latest_time;
            if !is_next || seen.get(place as usize).is_some_and(|&seen| turn.time < seen) {
                break;
            }
            let Some(found) = of.quickly(counter, turn.billed, turn.time, (number, turn.row.into())) else { break };
            figures.push(found);
            done += 1;
        }
        done
    }

    /// Whether a counter has seen a record that belongs after this one, in this call.
    #[inline]
    fn is_behind(&self, item: &Item, counter: &Counter) -> bool {
        item.time <= counter.latest_time
            && counter.is_touched()
            && (item.time < counter.latest_time || self.precedes(item, counter.latest))
    }

    /// Whether a row belongs before the latest of its instant; one out of reach is not known to follow it.
    #[cold]
    fn precedes(&self, item: &Item, latest: (u32, u32)) -> bool {
        let Some(chunk) = (latest.0 as usize).checked_sub(self.base) else { return true };
        let latest = (chunk as u32, latest.1);
        latest != item.row() && self.tie(item.row(), latest).is_lt()
    }
}
