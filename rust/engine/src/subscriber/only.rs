//! The only holding of a key, in as few bytes as a row of usage needs: half a line of the cache, for it is read once for
//! every record.

use super::{Held, Holding};

/// A holding whose plan is in its account's currency.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub struct Only {
    from: i64,
    until: i64,
    subscription: u32,
    plan: u32,
    account: u32,
    cycle: u16,
    clock: u16,
}

impl Only {
    /// Of a key that leads to several, to none, or to one that needs a closer look: never in force.
    pub const NEVER: Self = Self { from: 0, until: 0, subscription: 0, plan: 0, account: 0, cycle: 0, clock: 0 };

    /// A key's holding.
    pub fn of(holding: &Holding) -> Self {
        let Held { subscription, plan, account, cycle, clock, .. } = holding.held;
        match (u16::try_from(cycle), u16::try_from(clock)) {
            (Ok(cycle), Ok(clock)) if holding.currency_fits => {
                Self { from: holding.from, until: holding.until, subscription, plan, account, cycle, clock }
            }
            _ => Self::NEVER,
        }
    }

    /// What a record of an instant needs of it, if it is in force.
    #[inline]
    pub fn at(&self, instant: i64) -> Held {
        if !(self.from <= instant && instant < self.until) {
            return Held::NONE;
        }
        let (cycle, clock) = (u32::from(self.cycle), u32::from(self.clock));
        let Self { subscription, plan, account, .. } = *self;
        Held { subscription, plan, account, cycle, clock, ..Held::NONE }
    }
}
