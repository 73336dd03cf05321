//! The only holding of a key, in as few bytes as a row of usage needs: they lie beside the key, for both are read once for
//! every record. What many holdings have in common lies apart, and mostly in the nearest cache.

use std::collections::HashMap;

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

/// What holdings have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenure {
    from: i64,
    until: i64,
    plan: u32,
    cycle: u32,
    clock: u32,
}

impl Tenure {
    /// What a record of an instant needs of a holding, if it is in force.
    #[inline]
    pub fn of(&self, only: &Only, instant: i64) -> Held {
        if !(self.from <= instant && instant < self.until) {
            return Held::NONE;
        }
        let Self { plan, cycle, clock, .. } = *self;
        let Only { subscription, account, .. } = *only;
        Held { subscription, plan, account, cycle, clock, ..Held::NONE }
    }
}

/// Tenures by place.
#[derive(Debug, Default)]
pub struct Tenures {
    all: Vec<Tenure>,
    places: HashMap<Tenure, u32>,
}

impl Tenures {
    /// A key's holding.
    pub fn only(&mut self, holding: &Holding) -> Only {
        let Holding { from, until, held, .. } = *holding;
        let tenure = Tenure { from, until, plan: held.plan, cycle: held.cycle, clock: held.clock };
        let next = u32::try_from(self.all.len()).unwrap_or(NONE);
        let tenure = *self.places.entry(tenure).or_insert_with(|| {
            self.all.push(tenure);
            next
        });
        Only { subscription: held.subscription, account: held.account, tenure }
    }

    /// All, in order of their places.
    pub fn into_inner(self) -> Vec<Tenure> {
        self.all
    }
}
