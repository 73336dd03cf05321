//! In order of arrival, which is mostly the canonical one.

use super::figures::REJECTED;
use super::turns::Turns;
use super::{Count, Counted, Item};
use crate::counter::{Counter, Counters, NOWHERE};
use crate::rate::holders::BLOCK;

impl Count<'_> {
    /// Counts chunk by chunk; none if a record belongs before one that is already counted.
    pub(super) fn in_order_of_arrival(&self, counters: &mut Counters) -> Option<Vec<Counted>> {
        (0..self.chunks.len() as u32).map(|chunk| self.chunk(counters, chunk)).collect()
    }

    /// Counts the rows of a chunk, a block of them while memory answers for the next two.
    fn chunk(&self, counters: &mut Counters, number: u32) -> Option<Counted> {
        let rows = self.mine(number).len();
        let mut counted = Counted::with_capacity(rows, self.has_opening);
        let mut blocks = [Turns::NONE; 3];
        let [mut now, mut next, mut later] = blocks.each_mut();
        self.expect(counters, (number, 0), next);
        self.expect(counters, (number, 1), later);
        self.find(counters, next);
        for block in 0..rows.div_ceil(BLOCK) {
            std::mem::swap(&mut now, &mut next);
            std::mem::swap(&mut next, &mut later);
            self.expect(counters, (number, block + 2), later);
            self.find(counters, next);
            if !self.block(counters, number, now, &mut counted) {
                return None;
            }
        }
        Some(counted)
    }

    /// Counts the rows of a block; false if one belongs before one that is already counted.
    fn block(&self, counters: &mut Counters, chunk: u32, turns: &mut Turns, counted: &mut Counted) -> bool {
        let mut done = 0;
        while done < turns.len {
            let quick = done..self.quickly(counters, (chunk, done), turns);
            counted.add_all(&turns.before[quick.clone()], &turns.amount[quick.clone()]);
            done = quick.end;
            if done < turns.len {
                let (item, place) = (turns.item(self.mine(chunk), done), turns.place[done]);
                done += 1;
                if place == NOWHERE {
                    counted.add_idle(self.lane(chunk), item.at.into());
                    continue;
                }
                if self.is_behind(&item, counters.get(place as usize)) {
                    return false;
                }
                let figures = self.price(counters, &item, place as usize, counted);
                if figures.is_none() {
                    counters.pass(place as usize, item.time, self.row_of(&item));
                }
                counted.add(figures.unwrap_or(REJECTED));
            }
        }
        true
    }

    /// Counts rows, from this one of a block on, as long as they follow what their counters have seen and nothing about
    /// them takes a closer look; the first that is left.
    #[inline(never)]
    fn quickly(&self, counters: &mut Counters, (chunk, first): (u32, usize), turns: &mut Turns) -> usize {
        let moves = self.moves[chunk as usize].of.as_slice();
        let number = self.before.numbered((chunk, 0)).0;
        let (all, seen) = counters.small();
        let len = turns.len.min(BLOCK);
        for at in first..len {
            let (time, place) = (turns.time[at], turns.place[at] as usize);
            let (Some(counter), Some(of)) = (all.get_mut(place), moves.get(turns.mark[at] as usize)) else { return at };
            if time <= counter.latest_time || seen.get(place).is_some_and(|&seen| time < seen) {
                return at;
            }
            let Some(found) = of.quickly(counter, turns.billed[at], time, (number, turns.row[at])) else { return at };
            (turns.before[at], turns.amount[at]) = found;
        }
        len.max(first)
    }

    /// Whether a counter has seen a record that belongs after this one, in this call.
    #[inline]
    fn is_behind(&self, item: &Item, counter: &Counter) -> bool {
        item.time <= counter.latest_time
            && counter.is_touched()
            && (item.time < counter.latest_time || self.before.comes_late(self.chunks, item.row(), counter.latest))
    }
}
