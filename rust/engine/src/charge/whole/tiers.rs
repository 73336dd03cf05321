//! Unit and graduated prices in whole units.

use partita_money::{Rounding, div_round_i128};

use super::MOST_COUNTED;
use super::tier::{WholeTier, block_units, small, units};
use crate::charge::exact::{Target, rounded};
use crate::charge::{Block, Divisor, Graduated, Step, Unit};

/// The largest numerator that is sure to fit 64 bits with a connect fee on top.
const MOST_TOTAL: i128 = 1 << 61;

/// Ends of tiers that are compared with a position at once: most charges have no more. All bits of it are set.
const EDGES: usize = 3;

/// `unit` and `graduated`: blocks, then tiers of which a unit price has one.
#[derive(Debug, Clone)]
pub(super) struct Tiers {
    /// The connect fee of a record that used nothing, and of one that used something.
    connect: [i64; 2],
    minimum: i64,
    increment: i64,
    per: i64,
    by_per: Divisor,
    /// The unit that amounts are rounded to; `per` times it.
    unit: i64,
    by_unit: Divisor,
    tiers: Vec<WholeTier>,
    /// The first tiers, and the ends of all but the last of these.
    near: [WholeTier; EDGES + 1],
    edges: [i64; EDGES],
    /// The price of all units, where it is one and is rounded with the connect fee, as it mostly is.
    only_price: Option<i64>,
    /// The highest position whose total fits 64 bits.
    limit: i64,
    /// Each total is stored by itself (graduated charges without `round`), or the difference is rounded once.
    totals_stored: bool,
    /// Whether totals are stored that are not exact.
    rounds_totals: bool,
    target: Target,
}

impl Tiers {
    pub(super) fn of_unit(unit: &Unit, values: &[i128], target: Target) -> Option<Self> {
        let [Step { price, per, block, up_to: None, .. }] = unit.steps.as_slice() else { return None };
        let tier = WholeTier { start: 0, up_to: i64::MAX, price: small(values[*price])?, base: 0 };
        let connect = (small(values[unit.connect_fee])?, unit.connect_at_zero);
        let tiers = Self::new(vec![tier], units(*per)?, connect, *block, target)?;
        Some(Self { only_price: Some(tier.price), ..tiers })
    }

    pub(super) fn of_graduated(graduated: &Graduated, values: &[i128], target: Target) -> Option<Self> {
        let per = units(graduated.per)?;
        let mut tiers: Vec<WholeTier> = Vec::with_capacity(graduated.tiers.len());
        for tier in &graduated.tiers {
            let below = tiers.last().map_or(Some(0), |last| small(last.total(i128::from(last.up_to))?))?;
            let base = i128::from(small(values[tier.flat])?) * i128::from(per) + i128::from(below);
            tiers.push(WholeTier {
                start: units(tier.start)?,
                up_to: tier.up_to.map_or(Some(i64::MAX), units)?,
                price: small(values[tier.price])?,
                base: small(base)?,
            });
        }
        if tiers.last()?.up_to != i64::MAX {
            return None;
        }
        let connect = (small(values[graduated.connect_fee])?, graduated.connect_at_zero);
        let tiers = Self::new(tiers, per, connect, graduated.block, target)?;
        let totals_stored = !graduated.rounds;
        Some(Self { totals_stored, rounds_totals: totals_stored && per != 1, ..tiers })
    }

    fn new(
        tiers: Vec<WholeTier>,
        per: i64,
        (connect_fee, connect_at_zero): (i64, bool),
        block: Block,
        target: Target,
    ) -> Option<Self> {
        let unit = small(target.unit)?;
        let divisor = i128::from(per) * target.unit;
        let (mut near, mut edges) = ([*tiers.last()?; EDGES + 1], [i64::MAX; EDGES]);
        near.iter_mut().zip(&tiers).for_each(|(near, tier)| *near = *tier);
        edges.iter_mut().zip(&tiers).for_each(|(edge, tier)| *edge = tier.up_to);
        let tiers = Self {
            connect: [if connect_at_zero { connect_fee } else { 0 }, connect_fee],
            minimum: block_units(block.minimum)?,
            increment: block.increment.map_or(Some(1), block_units)?,
            per,
            by_per: Divisor::new(per, Rounding::HalfEven)?,
            unit,
            by_unit: Divisor::new(i64::try_from(divisor).ok().filter(|_| divisor <= MOST_TOTAL)?, target.mode)?,
            tiers,
            near,
            edges,
            only_price: None,
            limit: 0,
            totals_stored: false,
            rounds_totals: false,
            target,
        };
        tiers.limited()
    }

    /// With the highest position that fits; none if not even the fees do.
    fn limited(mut self) -> Option<Self> {
        let connect = i128::from(self.connect[1]) * i128::from(self.per);
        if connect > MOST_TOTAL || self.increment < 1 {
            return None;
        }
        let fits = |tier: &&WholeTier| i128::from(tier.base) <= MOST_TOTAL;
        let last = self.tiers.iter().take_while(fits).last()?;
        let room = (MOST_TOTAL - i128::from(last.base)) / i128::from(last.price.max(1));
        self.limit = i64::try_from(room).unwrap_or(MOST_COUNTED).min(MOST_COUNTED).saturating_add(last.start);
        self.limit = self.limit.min(last.up_to).min(MOST_COUNTED);
        Some(self)
    }

    /// Whether any quantity is billed as it is.
    pub(super) fn bill_as_is(&self) -> bool {
        self.minimum <= 1 && self.increment == 1
    }

    #[inline]
    pub(super) fn billed(&self, quantity: i64) -> i64 {
        // Whether a record is longer than the minimum nobody foresees: no branch depends on it.
        let above = (quantity - self.minimum).max(0);
        let minimum = if quantity == 0 { 0 } else { self.minimum };
        if self.increment == 1 {
            return minimum + above;
        }
        let blocks = above.cast_unsigned().div_ceil(self.increment.cast_unsigned());
        minimum + blocks.cast_signed() * self.increment
    }

    /// The amount of units from 0 on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub(super) fn price(&self, billed: i64, used: bool) -> Option<i128> {
        match self.only_price {
            Some(price) if billed <= self.limit => Some(self.rounded_once(price * billed, self.connect(used)).into()),
            _ => self.amount(0, billed, used),
        }
    }

    #[inline(never)]
    pub(super) fn amount(&self, before: i64, billed: i64, used: bool) -> Option<i128> {
        match self.small_amount(before, billed, used) {
            Some(amount) => Some(amount.into()),
            None => self.amount_above(before, before.checked_add(billed)?, self.connect(used)),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub(super) fn small_amount(&self, before: i64, billed: i64, used: bool) -> Option<i64> {
        let after = before.checked_add(billed)?;
        if after > self.limit {
            return None;
        }
        let (tier, connect) = (self.tier(before), self.connect(used));
        // Most records begin and end in one tier.
        if before > 0 && after <= tier.up_to && !self.rounds_totals {
            return Some(self.rounded_once(tier.price * billed, connect));
        }
        Some(self.across(before, after, connect))
    }

    /// The amount between two positions that may be of several tiers.
    #[inline(never)]
    fn across(&self, before: i64, after: i64, connect: i64) -> i64 {
        self.rounded(self.tier(before).reached(before), self.tier(after).reached(after), connect)
    }

    #[inline]
    fn connect(&self, used: bool) -> i64 {
        self.connect[usize::from(used)]
    }

    /// What lies between two totals × per, and the connect fee, as amounts are stored.
    #[inline]
    fn rounded(&self, from: i64, to: i64, connect: i64) -> i64 {
        if self.rounds_totals {
            return self.by_per.rounded(to) - self.by_per.rounded(from) + connect;
        }
        self.rounded_once(to - from, connect)
    }

    /// The same of what lies between them, where totals themselves are exact.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    fn rounded_once(&self, difference: i64, connect: i64) -> i64 {
        if self.totals_stored {
            return difference + connect;
        }
        self.by_unit.rounded(difference + connect * self.per) * self.unit
    }

    /// Where a position lies is counted rather than looked for: no branch depends on it.
    #[inline]
    fn tier(&self, position: i64) -> &WholeTier {
        let near = self.edges.iter().map(|&edge| usize::from(position > edge)).sum::<usize>() & EDGES;
        if near == EDGES && self.tiers.len() > EDGES + 1 { self.far_tier(position) } else { &self.near[near] }
    }

    #[cold]
    fn far_tier(&self, position: i64) -> &WholeTier {
        &self.tiers[self.tiers.iter().filter(|tier| position > tier.up_to).count()]
    }

    /// The same beyond 64 bits.
    #[cold]
    fn amount_above(&self, before: i64, after: i64, connect: i64) -> Option<i128> {
        let total = |position: i64| {
            let tier = self.tiers.iter().find(|tier| position <= tier.up_to).filter(|_| position > 0);
            tier.map_or(Some(0), |tier| tier.total(i128::from(position)))
        };
        let (from, to, per) = (total(before)?, total(after)?, i128::from(self.per));
        if self.totals_stored {
            let stored = |total| div_round_i128(total, per, Rounding::HalfEven).ok();
            return self.target.of_raw(stored(to)? - stored(from)? + i128::from(connect)).ok();
        }
        rounded((to - from).checked_add(i128::from(connect) * per)?, per, self.target).ok()
    }
}
