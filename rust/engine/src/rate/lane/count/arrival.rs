//! In order of arrival, which is mostly the canonical one.

use super::{Count, Counted, Item};
use crate::counter::{Counter, Counters};

impl Count<'_> {
    /// Counts chunk by chunk; none if a record belongs before one that is already counted.
    pub(super) fn in_order_of_arrival(&self, counters: &mut Counters) -> Option<Vec<Counted>> {
        (0..self.chunks.len() as u32).map(|chunk| self.chunk(counters, chunk)).collect()
    }

    fn chunk(&self, counters: &mut Counters, number: u32) -> Option<Counted> {
        let (_, mine) = self.lane(number);
        let mut counted = Counted::new(mine.len(), self.has_opening);
        let is_in_order = self.each(counters, number, |counters, item, of, place| {
            let is_next = !self.is_behind(item, counters.get(place));
            if is_next {
                self.price(counters, (item, of), place, &mut counted);
            }
            is_next
        });
        is_in_order.then_some(counted)
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
