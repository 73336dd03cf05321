//! In canonical order, for records that came in another: laid out counter by counter, and sorted within each.

use super::figures::REJECTED;
use super::turns::Turns;
use super::{Count, Counted, Item};
use crate::counter::{Counters, NOWHERE};
use crate::prefetch::prefetch;
use crate::rate::holders::BLOCK;
use crate::under_way::AHEAD;

impl Count<'_> {
    /// Counts all rows of the partition.
    pub(super) fn in_canonical_order(&self, counters: &mut Counters) -> Vec<Counted> {
        let chunks = 0..self.chunks.len() as u32;
        let places = self.places(counters);
        let (mut items, ends) = self.by_counter(&places, counters.len());
        // A row's figures lie together as long as they come in no order, so that each is one place to go to.
        let mut figures: Vec<_> = chunks.clone().map(|chunk| vec![REJECTED; self.mine(chunk).len()]).collect();
        let mut counted: Vec<_> =
            chunks.clone().map(|chunk| Counted::with_capacity(self.mine(chunk).len(), self.has_opening)).collect();
        let (mut start, mut asked) = (0, 0);
        for (place, &end) in ends.iter().enumerate() {
            let ahead = (end as usize + AHEAD).min(items.len());
            for item in &items[asked.min(ahead)..ahead] {
                prefetch(&figures[item.chunk as usize], item.ordinal.into());
            }
            asked = ahead;
            let mine = &mut items[start..end as usize];
            start = end as usize;
            mine.sort_unstable_by(|a, b| {
                let rows = || (a.row(), b.row());
                a.time.cmp(&b.time).then_with(|| self.tie(rows().0, rows().1)).then_with(|| rows().0.cmp(&rows().1))
            });
            for item in &*mine {
                if let Some(found) = self.price(counters, item, place, &mut counted[item.chunk as usize]) {
                    figures[item.chunk as usize][usize::from(item.ordinal)] = found;
                }
            }
        }
        let mut places = places.into_iter();
        for ((counted, figures), chunk) in counted.iter_mut().zip(figures).zip(chunks) {
            for ((figures, place), ordinal) in figures.into_iter().zip(&mut places).zip(0..) {
                match place {
                    NOWHERE => counted.add_idle(self.lane(chunk), self.mine(chunk).at(ordinal)),
                    _ => counted.add(figures),
                }
            }
        }
        counted
    }

    /// The counters of the partition's rows, in order of arrival. What leads to those of a block is asked for before the
    /// block ahead of it is looked at.
    fn places(&self, counters: &mut Counters) -> Vec<u32> {
        let chunks = 0..self.chunks.len() as u32;
        let mut places = Vec::with_capacity(chunks.clone().map(|chunk| self.mine(chunk).len()).sum());
        let mut blocks = [Turns::NONE; 2];
        let [mut now, mut next] = blocks.each_mut();
        for chunk in chunks {
            self.expect(counters, (chunk, 0), next);
            for block in 0..self.mine(chunk).len().div_ceil(BLOCK) {
                std::mem::swap(&mut now, &mut next);
                self.expect(counters, (chunk, block + 1), next);
                self.find(counters, now);
                places.extend_from_slice(&now.place[..now.len]);
            }
        }
        places
    }

    /// The rows that move counters, counter by counter, and where those of each of so many counters end.
    fn by_counter(&self, places: &[u32], counters: usize) -> (Vec<Item>, Vec<u32>) {
        let (mut ends, rows) = starts(places, counters);
        let mut items = vec![Item::NONE; rows];
        let (mut turns, mut next) = (Turns::NONE, 0);
        for chunk in 0..self.chunks.len() as u32 {
            let mine = self.mine(chunk);
            for block in 0..mine.len().div_ceil(BLOCK) {
                self.read((chunk, block), &mut turns);
                for number in 0..turns.len {
                    if let Some(&far) = places.get(next + 2 * AHEAD) {
                        prefetch(&ends, far as usize);
                    }
                    if let Some(&near) = places.get(next + AHEAD).and_then(|&near| ends.get(near as usize)) {
                        prefetch(&items, near as usize);
                    }
                    if let Some(end) = ends.get_mut(places[next] as usize) {
                        items[*end as usize] = turns.item(mine, number);
                        *end += 1;
                    }
                    next += 1;
                }
            }
        }
        (items, ends)
    }
}

/// Where the items of each of so many counters start, and how many there are.
fn starts(places: &[u32], counters: usize) -> (Vec<u32>, usize) {
    let mut starts = vec![0_u32; counters];
    for &place in places {
        if let Some(start) = starts.get_mut(place as usize) {
            *start += 1;
        }
    }
    let mut next = 0;
    for start in &mut starts {
        (*start, next) = (next, next + *start);
    }
    (starts, next as usize)
}

impl Item {
    const NONE: Self = Self { time: 0, billed: 0, chunk: 0, mark: 0, row: 0, at: 0, ordinal: 0 };
}
