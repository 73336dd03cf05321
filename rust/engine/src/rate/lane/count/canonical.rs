//! In canonical order, for records that came in another: laid out counter by counter, and sorted within each.

use super::{Count, Counted, Figures, Item};
use crate::counter::Counters;
use crate::prefetch::prefetch;
use crate::rate::holders::BLOCK;
use crate::under_way::AHEAD;

impl Count<'_> {
    /// Counts all rows of the partition.
    pub(super) fn in_canonical_order(&self, counters: &mut Counters) -> Vec<Counted> {
        let places = self.places(counters);
        let mut ends = starts(&places, counters.len());
        let mut items = vec![Item::NONE; places.len()];
        let mut next = 0;
        self.each_item(&places, |item, place| {
            if let Some(&far) = places.get(next + 2 * AHEAD) {
                prefetch(&ends, far as usize);
            }
            if let Some(&near) = places.get(next + AHEAD) {
                prefetch(&items, ends[near as usize] as usize);
            }
            let end = &mut ends[place as usize];
            items[*end as usize] = item;
            *end += 1;
            next += 1;
        });
        let rows = (0..self.chunks.len() as u32).map(|chunk| self.turns(chunk).len());
        let none = |rows: usize| {
            let mut counted = Counted::with_capacity(rows, self.has_opening);
            counted.figures.resize(rows, Figures::NONE);
            counted
        };
        let mut counted: Vec<_> = rows.map(none).collect();
        let (mut start, mut asked) = (0, 0);
        for (place, &end) in ends.iter().enumerate() {
            let ahead = (end as usize + AHEAD).min(items.len());
            for item in &items[asked.min(ahead)..ahead] {
                counted[item.chunk as usize].expect(usize::from(item.ordinal));
            }
            asked = ahead;
            let mine = &mut items[start..end as usize];
            start = end as usize;
            mine.sort_unstable_by(|a, b| {
                let rows = || (a.row(), b.row());
                a.time.cmp(&b.time).then_with(|| self.tie(rows().0, rows().1)).then_with(|| rows().0.cmp(&rows().1))
            });
            for item in &*mine {
                let counted = &mut counted[item.chunk as usize];
                counted.figures[usize::from(item.ordinal)] = self.price(counters, item, place, counted);
            }
        }
        counted
    }

    /// The counters of the partition's rows, in order of arrival.
    fn places(&self, counters: &mut Counters) -> Vec<u32> {
        let mut places = Vec::new();
        for chunk in 0..self.chunks.len() as u32 {
            let mut known = [0; BLOCK];
            let rows = self.turns(chunk).len();
            for block in 0..rows.div_ceil(BLOCK) {
                self.look_ahead(counters, (chunk, block), &mut known);
                places.extend_from_slice(&known[..BLOCK.min(rows - block * BLOCK)]);
            }
        }
        places
    }

    /// Every row of the partition, in order of arrival.
    fn each_item(&self, places: &[u32], mut each: impl FnMut(Item, u32)) {
        let mut places = places.iter();
        for chunk in 0..self.chunks.len() as u32 {
            for ((turn, ordinal), &place) in self.turns(chunk).iter().zip(0..).zip(&mut places) {
                each(turn.item(chunk, ordinal), place);
            }
        }
    }
}

/// Where the items of each of so many counters start.
fn starts(places: &[u32], counters: usize) -> Vec<u32> {
    let mut starts = vec![0_u32; counters];
    for &place in places {
        starts[place as usize] += 1;
    }
    let mut next = 0;
    for start in &mut starts {
        (*start, next) = (next, next + *start);
    }
    starts
}

impl Item {
    const NONE: Self = Self { time: 0, billed: 0, chunk: 0, mark: 0, row: 0, at: 0, ordinal: 0 };
}
