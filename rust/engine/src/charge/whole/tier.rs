//! One tier in whole units, and the numbers that fit it.

use super::{MOST_COUNTED, MOST_UNITS};
use crate::column::ONE;

/// Units above `start` up to and including `up_to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeTier {
    pub(super) start: i64,
    pub(super) up_to: i64,
    pub(super) price: i64,
    /// What the tiers below come to, and this one's flat fee, times `per`.
    pub(super) base: i64,
}

impl WholeTier {
    /// total(q) × per of a position in this tier.
    #[inline]
    pub(super) fn reached(&self, position: i64) -> i64 {
        if position > 0 { self.base + self.price * (position - self.start) } else { 0 }
    }

    /// What a position in this tier comes to, times `per`.
    pub(super) fn total(&self, position: i128) -> Option<i128> {
        let units = position - i128::from(self.start);
        i128::from(self.price).checked_mul(units)?.checked_add(i128::from(self.base))
    }
}

/// A raw number that is not negative and fits 64 bits.
pub(super) fn small(raw: i128) -> Option<i64> {
    i64::try_from(raw).ok().filter(|raw| *raw >= 0)
}

/// A raw number as whole units.
pub(super) fn units(raw: i128) -> Option<i64> {
    (raw % ONE == 0).then(|| small(raw / ONE).filter(|units| *units <= MOST_COUNTED))?
}

/// The same of a block, which is billed whole.
pub(super) fn block_units(raw: i128) -> Option<i64> {
    units(raw).filter(|units| *units <= MOST_UNITS)
}
