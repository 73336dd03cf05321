//! The only holding of a key, in as few bytes as a row of usage needs: they lie beside the key, for both are read once for
//! every record. What many holdings have in common lies apart, and mostly in the nearest cache.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Held, Holding, NONE};

/// The only holding of a key, whose plan is in its account's currency.
#[derive(Debug, Clone, Copy)]
pub struct Only {
    subscription: u32,
    account: u32,
    /// Place of its tenure; `NONE` for a key that leads to several holdings, to none, or to one that needs a closer look.
    tenure: u32,
}

impl Default for Only {
    fn default() -> Self {
        Self { subscription: NONE, account: NONE, tenure: NONE }
    }
}

impl Only {
    /// The place of its tenure, past all if it has none.
    #[inline]
    pub fn tenure(&self) -> usize {
        self.tenure as usize
    }

    /// The account, unless there is no such holding.
    #[inline]
    pub fn account(&self) -> Option<u32> {
        (self.tenure != NONE).then_some(self.account)
    }
}

/// Who pays for a row's usage, and on what profile; `NONE` where that is not for the key alone to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payer {
    pub subscription: u32,
    pub account: u32,
    pub profile: u32,
}

impl Payer {
    /// Nobody that the key alone tells.
    pub const NONE: Self = Self { subscription: NONE, account: NONE, profile: NONE };
}

/// What decides how usage is rated and billed, apart from who holds it: few among all holdings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile {
    pub plan: u32,
    pub cycle: u32,
    pub clock: u32,
}

impl Profile {
    /// That of a holding.
    pub fn of(held: &Held) -> Self {
        Self { plan: held.plan, cycle: held.cycle, clock: held.clock }
    }
}

/// A profile from an instant until another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenure {
    from: i64,
    until: i64,
    profile: u32,
}

impl Tenure {
    /// Who pays at an instant for what a key uses.
    #[inline]
    pub fn payer(&self, only: &Only, instant: i64) -> Payer {
        if !(self.from <= instant && instant < self.until) {
            return Payer::NONE;
        }
        Payer { subscription: only.subscription, account: only.account, profile: self.profile }
    }
}

/// Distinct values by number.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    /// The number of a value, the next one if it is new.
    pub fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(NONE);
        *self.numbers.entry(value).or_insert_with(|| {
            self.all.push(value);
            next
        })
    }

    /// The number of a value that has one.
    pub fn get(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// All values, by number.
    pub fn all(&self) -> &[T] {
        &self.all
    }
}

/// A key's holding.
pub fn only(holding: &Holding, profiles: &mut Numbered<Profile>, tenures: &mut Numbered<Tenure>) -> Only {
    let Holding { from, until, held, .. } = *holding;
    let tenure = Tenure { from, until, profile: profiles.number(Profile::of(&held)) };
    Only { subscription: held.subscription, account: held.account, tenure: tenures.number(tenure) }
}
