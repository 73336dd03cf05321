//! What the rows of a mark do: which charge's counters they move, and what they cost by them.

use super::Lane;
use crate::catalog::{Reset, Scope};
use crate::charge::Whole;
use crate::compile::LaneCharge;
use crate::counter::{Counters, NEVER};
use crate::rate::route::Context;
use crate::split::Safe;

/// In place of a kind of counters: it is for each row to say.
pub(super) const BY_ROW: u32 = u32::MAX;
/// In place of a kind of counters: none.
pub(super) const NOBODYS: u32 = BY_ROW - 1;

/// What rows of a mark do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move<'a> {
    pub whole: &'a Whole,
    /// Small amounts that are sure to be split without a fault, and all of these.
    pub small: Safe<i64>,
    pub safe: Safe,
    pub charge: u32,
    pub reset: Reset,
    /// Whether the counters are of subscriptions, and not of accounts.
    pub by_subscription: bool,
}

/// What the marks of a chunk do.
#[derive(Debug, Default)]
pub(super) struct Moves<'a> {
    pub of: Vec<Move<'a>>,
    /// Of which kind their counters are.
    kinds: Vec<u32>,
    /// Whether some are of subscriptions.
    pub by_subscription: bool,
}

impl<'a> Moves<'a> {
    /// Those of a lane.
    pub fn of(context: &Context<'a>, lane: &Lane, counters: &mut Counters) -> Self {
        let lanes = &context.compiled.lanes;
        let mut moves = Self::default();
        for mark in &lane.marks {
            let charge = &lanes.charges[mark.charge as usize];
            let safe = lanes.safe(lane.set(mark));
            let by_subscription = charge.counted.is_some_and(|counted| counted.scope != Scope::Account);
            let reset = charge.counted.map_or(Reset::Never, |counted| counted.reset);
            moves.kinds.push(kind(charge, mark.month, counters));
            moves.by_subscription |= by_subscription;
            moves.of.push(Move {
                whole: &charge.whole,
                small: safe.small(),
                safe,
                charge: charge.charge,
                reset,
                by_subscription,
            });
        }
        moves
    }

    /// Of which kind the counters of a mark are: a code, `BY_ROW` or `NOBODYS`.
    #[inline]
    pub fn kind(&self, mark: u32) -> u32 {
        self.kinds.get(mark as usize).copied().unwrap_or(NOBODYS)
    }
}

fn kind(charge: &LaneCharge, month: i32, counters: &mut Counters) -> u32 {
    let period = match charge.counted.map(|counted| counted.reset) {
        Some(Reset::Cycle) => month,
        Some(Reset::Never) => NEVER,
        Some(Reset::Month) => return BY_ROW,
        None => return NOBODYS,
    };
    counters.kind(0, charge.charge, period)
}
