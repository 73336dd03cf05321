//! Sums of the shares that single accounts or subscriptions have of lanes.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::alike::Stem;
use super::sums::ShareKey;
use super::tally::{Sum, Summed, total};
use crate::directory::{Directory, NOWHERE};
use crate::error::Result;
use crate::folded::Folded;
use crate::prefetch::prefetch;
use crate::rate::holders::BLOCK;
use crate::rate::lane::Lane;
use crate::subscriber::Subscribers;

/// Sums by stem and owner, in order of arrival.
#[derive(Debug, Default)]
pub struct OwnSums {
    stems: HashMap<Stem, u32, BuildHasherDefault<Folded>>,
    places: Directory,
    all: Vec<i128>,
    /// What they are of: a stem by number, an account, a subscription.
    whose: Vec<(u32, u32, u32)>,
}

impl OwnSums {
    /// All of them.
    pub fn into_inner(self, subscribers: &Subscribers) -> Summed<ShareKey> {
        let mut stems: Vec<_> = self.stems.into_iter().collect();
        stems.sort_unstable_by_key(|stem| stem.1);
        let share = |&(stem, account, subscription): &(u32, u32, u32)| {
            stems[stem as usize].0.share(subscribers, (account, subscription))
        };
        let sums = self.all.iter().map(|&amount| Sum { amount, records: 0 });
        self.whose.iter().map(share).zip(sums).collect()
    }

    /// Adds shares of one stem: what each of some rows of a lane has. A block of them asks for its sums while the one
    /// before is added.
    pub fn add_all(&mut self, stem: Stem, lane: &Lane, rows: &[u16], amounts: &[i64]) -> Result<()> {
        let next_stem = self.stems.len() as u32;
        let kind = *self.stems.entry(stem).or_insert(next_stem);
        let (mut near, mut next) = ([NOWHERE; BLOCK], [NOWHERE; BLOCK]);
        let mut ahead = rows.chunks(BLOCK);
        self.expect(kind, stem, lane, ahead.next(), &mut next);
        for (rows, amounts) in rows.chunks(BLOCK).zip(amounts.chunks(BLOCK)) {
            std::mem::swap(&mut near, &mut next);
            self.expect(kind, stem, lane, ahead.next(), &mut next);
            for ((&row, &amount), &place) in rows.iter().zip(amounts).zip(&near) {
                let place = if place == NOWHERE { self.place(kind, stem, lane, usize::from(row)) } else { place };
                let sum = &mut self.all[place as usize];
                *sum = total(*sum, amount.into())?;
            }
        }
        Ok(())
    }

    #[inline]
    fn expect(&self, kind: u32, stem: Stem, lane: &Lane, rows: Option<&[u16]>, places: &mut [u32; BLOCK]) {
        for (&row, place) in rows.unwrap_or_default().iter().zip(places) {
            *place = self.places.near(kind, stem.owner(lane, usize::from(row)));
            prefetch(&self.all, *place as usize);
        }
    }

    #[inline(never)]
    fn place(&mut self, kind: u32, stem: Stem, lane: &Lane, row: usize) -> u32 {
        let (place, is_new) = self.places.find_or_add(kind, stem.owner(lane, row));
        if is_new {
            let (account, subscription) = stem.own(lane, row);
            self.whose.push((kind, account, subscription));
            self.all.push(0);
        }
        place
    }
}
