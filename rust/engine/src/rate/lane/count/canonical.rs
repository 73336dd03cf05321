//! In canonical order, for records that came in another: laid out counter by counter, and sorted within each.

use super::turns::Turns;
use super::{Count, Counted, Item};
use crate::counter::{Counters, NOWHERE};
use crate::prefetch::prefetch;
use crate::rate::holders::BLOCK;
use crate::under_way::AHEAD;

/// Rows on their way to counters, and the places of these.
#[derive(Debug, Default)]
struct Laid {
    items: Vec<Item>,
    places: Vec<u32>,
}

impl Count<'_> {
    /// Counts all rows of the partition.
    pub(super) fn in_canonical_order(&self, counters: &mut Counters) -> Vec<Counted> {
        let mut counted = Vec::new();
        let (mut items, ends) = self.laid_out(counters, &mut counted).by_counter(counters.len());
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
                if let Some(figures) = self.price(counters, item, place, counted) {
                    counted.set(item.ordinal.into(), figures);
                }
            }
        }
        counted
    }

    /// The rows of the partition that move counters, in order of arrival, and what is known of those of each chunk.
    fn laid_out(&self, counters: &mut Counters, counted: &mut Vec<Counted>) -> Laid {
        let rows = (0..self.chunks.len() as u32).map(|chunk| self.mine(chunk).len()).sum();
        let mut laid = Laid { items: Vec::with_capacity(rows), places: Vec::with_capacity(rows) };
        let (mut turns, mut places) = (Turns::NONE, Vec::new());
        for chunk in 0..self.chunks.len() as u32 {
            let mine = self.mine(chunk);
            places.clear();
            for block in 0..mine.len().div_ceil(BLOCK) {
                self.read(counters, (chunk, block), &mut turns);
                self.find(counters, &mut turns);
                places.extend_from_slice(&turns.place[..turns.len]);
                for number in (0..turns.len).filter(|&number| turns.place[number] != NOWHERE) {
                    laid.items.push(turns.item(mine, number));
                    laid.places.push(turns.place[number]);
                }
            }
            counted.push(Counted::unsorted(self.lane(chunk), mine, &places, self.has_opening));
        }
        laid
    }
}

impl Laid {
    /// The rows counter by counter, and where those of each of so many counters end.
    fn by_counter(self, counters: usize) -> (Vec<Item>, Vec<u32>) {
        let Self { items, places } = self;
        let mut ends = starts(&places, counters);
        let mut sorted = vec![Item::NONE; items.len()];
        for (next, (item, &place)) in items.iter().zip(&places).enumerate() {
            if let Some(&far) = places.get(next + 2 * AHEAD) {
                prefetch(&ends, far as usize);
            }
            if let Some(&near) = places.get(next + AHEAD) {
                prefetch(&sorted, ends[near as usize] as usize);
            }
            let end = &mut ends[place as usize];
            sorted[*end as usize] = *item;
            *end += 1;
        }
        (sorted, ends)
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
