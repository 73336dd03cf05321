//! In canonical order, for records that came in another: laid out counter by counter, and sorted within each.

use super::{Count, Counted, Item};

impl Count<'_> {
    /// Counts all rows of the partition.
    pub(super) fn in_canonical_order(&mut self) -> Vec<Counted> {
        let places = self.places();
        let mut ends = self.starts(&places);
        let mut items = vec![Item::NONE; places.len()];
        self.each_item(&places, |item, place| {
            let end = &mut ends[place as usize];
            items[*end as usize] = item;
            *end += 1;
        });
        let lanes = (0..self.chunks.len() as u32).map(|chunk| self.lane(chunk));
        let mut counted: Vec<_> = lanes.map(|(lane, mine)| Counted::of(lane, mine, self.has_opening)).collect();
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

    /// The counters of the rows that move one, in order of arrival.
    fn places(&mut self) -> Vec<u32> {
        let mut places = Vec::new();
        for number in 0..self.chunks.len() as u32 {
            self.each(number, |_, _, place| {
                places.push(place as u32);
                true
            });
        }
        places
    }

    /// Where the items of each counter start.
    fn starts(&self, places: &[u32]) -> Vec<u32> {
        let mut starts = vec![0_u32; self.counters.len()];
        for &place in places {
            starts[place as usize] += 1;
        }
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
            let (lane, mine) = self.lane(number);
            let charges = &self.context(number).compiled.lanes.charges;
            let counts = |at: usize| charges[lane.charge[at] as usize].counted.is_some();
            let counting = mine.iter().map(|&at| usize::from(at)).enumerate().filter(|&(_, at)| counts(at));
            for ((ordinal, at), &place) in counting.zip(&mut places) {
                each(self.item(number, lane, at, ordinal), place);
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
