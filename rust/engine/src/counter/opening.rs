//! Counters as they stand when a call begins.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::large::{NOT_WHOLE, whole};
use super::{Key, Standing};
use crate::folded::Folded;

/// Counters that a call may find standing somewhere; it opens those that it needs.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    all: HashMap<u128, Standing, BuildHasherDefault<Folded>>,
    /// How many are not in whole units, or too high.
    not_whole: usize,
}

impl Opening {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether every counter stands at whole units.
    pub fn all_whole(&self) -> bool {
        self.not_whole == 0
    }

    /// Where a counter stands, if it is one of them.
    pub fn get(&self, key: Key) -> Option<&Standing> {
        self.all.get(&key.packed())
    }

    /// Where a counter stands now.
    pub fn set(&mut self, standing: Standing) {
        let before = self.all.insert(standing.key.packed(), standing);
        let not_whole = |standing: Standing| usize::from(whole(standing.count.quantity) == NOT_WHOLE);
        self.not_whole = self.not_whole + not_whole(standing) - before.map_or(0, not_whole);
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Standing> {
        self.all.values()
    }
}

impl FromIterator<Standing> for Opening {
    fn from_iter<I: IntoIterator<Item = Standing>>(all: I) -> Self {
        let mut opening = Self::default();
        all.into_iter().for_each(|standing| opening.set(standing));
        opening
    }
}
