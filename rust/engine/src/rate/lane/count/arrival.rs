//! In order of arrival, which is mostly the canonical one.

use super::{Count, Counted, Item};

/// Rows whose counters are asked for before any is moved, so that memory is waited for once for many.
const BLOCK: usize = 64;

impl Count<'_> {
    /// Counts chunk by chunk; none if a record belongs before one that is already counted.
    pub(super) fn in_order_of_arrival(&mut self) -> Option<Vec<Counted>> {
        (0..self.chunks.len() as u32).map(|chunk| self.chunk(chunk)).collect()
    }

    fn chunk(&mut self, number: u32) -> Option<Counted> {
        let lane = &self.chunks[number as usize].lane;
        if !lane.counts {
            return Some(Counted::default());
        }
        let mine = (0..lane.len()).filter(|&at| self.partition.holds(lane.account[at]));
        let mine: Vec<u16> = mine.map(|at| at as u16).collect();
        let mut counted = Counted::with_rows(mine.len(), self.has_opening);
        let mut block = Vec::with_capacity(BLOCK);
        for (first, rows) in (0..).step_by(BLOCK).zip(mine.chunks(BLOCK)) {
            block.clear();
            for (ordinal, &at) in (first..).zip(rows) {
                let item = self.item(number, lane, usize::from(at), ordinal);
                match self.owner(lane, &item) {
                    Some((owner, kind)) => block.push((item, self.counters.expect(owner, kind))),
                    // What does not count keeps its amount.
                    None => counted.amount[ordinal] = lane.amount[usize::from(at)],
                }
            }
            for (_, probe) in &block {
                self.counters.expect_counter(probe);
            }
            for (item, probe) in &block {
                let place = self.counters.place_of(probe);
                if self.is_behind(item, place) {
                    return None;
                }
                self.price(item, place, &mut counted);
            }
        }
        Some(counted)
    }

    /// Whether a counter has seen a record that belongs after this one, in this call.
    #[inline]
    fn is_behind(&self, item: &Item, place: usize) -> bool {
        let counter = self.counters.get(place);
        item.time <= counter.latest_time
            && counter.is_touched()
            && (item.time < counter.latest_time || self.precedes(item, counter.latest))
    }

    /// Whether a row belongs before the latest of its instant; one out of reach is not known to follow it.
    #[cold]
    fn precedes(&self, item: &Item, latest: (u32, u32)) -> bool {
        let Some(chunk) = (latest.0 as usize).checked_sub(self.base) else { return true };
        let latest = (chunk as u32, latest.1);
        let row = (item.chunk, self.chunks[item.chunk as usize].lane.row[usize::from(item.at)]);
        latest != row && self.tie(row, latest).is_lt()
    }
}
