//! In canonical order, for records that came in another: laid out counter by counter, and sorted within each.

use super::{Count, Counted, Item};

/// Rows whose counters are asked for together.
const BLOCK: usize = 64;
/// The counter of a row that moves none.
const NOWHERE: u32 = u32::MAX;

impl Count<'_> {
    /// Counts all rows of the partition.
    pub(super) fn in_canonical_order(&mut self) -> Vec<Counted> {
        let (places, mut counted) = self.places();
        let mut ends = self.starts(&places);
        let mut items = vec![Item::NONE; places.iter().filter(|&&place| place != NOWHERE).count()];
        self.each_item(&places, |item, place| {
            let end = &mut ends[place as usize];
            items[*end as usize] = item;
            *end += 1;
        });
        let mut start = 0;
        for (place, &end) in ends.iter().enumerate() {
            let mine = &mut items[start..end as usize];
            start = end as usize;
            mine.sort_unstable_by(|a, b| {
                let rows = || (self.row(a), self.row(b));
                a.time.cmp(&b.time).then_with(|| self.tie(rows().0, rows().1)).then_with(|| rows().0.cmp(&rows().1))
            });
            for item in &*mine {
                self.price(item, place, &mut counted[item.chunk as usize]);
            }
        }
        counted
    }

    /// The counter of each row of the partition, in order of arrival, and room for what is made of it.
    fn places(&mut self) -> (Vec<u32>, Vec<Counted>) {
        let mut places = Vec::new();
        let mut counted = Vec::with_capacity(self.chunks.len());
        let mut block = Vec::with_capacity(BLOCK);
        for number in 0..self.chunks.len() as u32 {
            let lane = &self.chunks[number as usize].lane;
            let mine: Vec<u16> =
                (0..lane.len()).filter(|&at| self.partition.holds(lane.account[at])).map(|at| at as u16).collect();
            let mine = if lane.counts { mine } else { Vec::new() };
            let mut of_chunk = Counted::with_rows(mine.len(), self.has_opening);
            for (first, rows) in (0..).step_by(BLOCK).zip(mine.chunks(BLOCK)) {
                block.clear();
                for (ordinal, &at) in (first..).zip(rows) {
                    let item = self.item(number, lane, usize::from(at), ordinal);
                    let owner = self.owner(lane, &item);
                    if owner.is_none() {
                        of_chunk.amount[ordinal] = lane.amount[usize::from(at)];
                    }
                    block.push(owner.map(|(owner, kind)| self.counters.expect(owner, kind)));
                }
                block.iter().flatten().for_each(|probe| self.counters.expect_counter(probe));
                let place =
                    |probe: &Option<_>| probe.as_ref().map_or(NOWHERE, |probe| self.counters.place_of(probe) as u32);
                places.extend(block.iter().map(place));
            }
            counted.push(of_chunk);
        }
        (places, counted)
    }

    /// Where the items of each counter start.
    fn starts(&self, places: &[u32]) -> Vec<u32> {
        let mut starts = vec![0_u32; self.counters.len()];
        places.iter().filter(|&&place| place != NOWHERE).for_each(|&place| starts[place as usize] += 1);
        let mut next = 0;
        for start in &mut starts {
            (*start, next) = (next, next + *start);
        }
        starts
    }

    /// Every row of the partition that moves a counter, in order of arrival.
    fn each_item(&self, places: &[u32], mut each: impl FnMut(Item, u32)) {
        let mut places = places.iter();
        for number in 0..self.chunks.len() as u32 {
            let lane = &self.chunks[number as usize].lane;
            if !lane.counts {
                continue;
            }
            let mine = (0..lane.len()).filter(|&at| self.partition.holds(lane.account[at]));
            for ((ordinal, at), &place) in mine.enumerate().zip(&mut places) {
                if place != NOWHERE {
                    each(self.item(number, lane, at, ordinal), place);
                }
            }
        }
    }

    fn row(&self, item: &Item) -> (u32, u32) {
        (item.chunk, self.chunks[item.chunk as usize].lane.row[usize::from(item.at)])
    }
}

impl Item {
    const NONE: Self = Self { time: 0, billed: 0, chunk: 0, at: 0, ordinal: 0, charge: 0, set: 0 };
}
