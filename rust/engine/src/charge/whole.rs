//! Charges in whole units and small integers: the shape of most tariffs, and their fast form.
//!
//! Where blocks, tiers and `per` are whole numbers and nothing is looked up, a record of a whole quantity costs a few
//! integer operations. Amounts are those of the models, to the last digit; what does not fit goes to them.

use partita_money::{Rounding, div_round_i128};

use super::exact::{Target, rounded};
use super::{Block, Divisor, Graduated, Model, Step, Unit};
use crate::column::ONE;

/// The most units of one record that are priced in this form.
pub const MOST_UNITS: i64 = 1 << 40;
/// The highest position of a counter, far enough below the end of 64 bits that records can be added.
pub const MOST_COUNTED: i64 = 1 << 60;
/// The largest numerator that is sure to fit 64 bits with a connect fee on top.
const MOST_TOTAL: i128 = 1 << 61;

/// Ends of tiers that are compared with a position at once: most charges have no more. All bits of it are set.
const EDGES: usize = 3;

/// Units above `start` up to and including `up_to`.
#[derive(Debug, Clone, Copy)]
struct WholeTier {
    start: i64,
    up_to: i64,
    price: i64,
    /// What the tiers below come to, and this one's flat fee, times `per`.
    base: i64,
}

/// What a charge does with a record.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "tiers are read for every record: a box would be one more place to go to")]
enum Form {
    /// The same amount whatever the quantity.
    Fee(i128),
    Tiers(Tiers),
}

/// `unit` and `graduated`: blocks, then tiers of which a unit price has one.
#[derive(Debug, Clone)]
struct Tiers {
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
    /// The highest position whose total fits 64 bits.
    limit: i64,
    /// Each total is stored by itself (graduated charges without `round`), or the difference is rounded once.
    totals_stored: bool,
    /// Whether totals are stored that are not exact.
    rounds_totals: bool,
    target: Target,
}

/// A charge version in this form.
#[derive(Debug, Clone)]
pub struct Whole {
    form: Form,
    decimals: u32,
}

impl Whole {
    /// The form of a model whose numbers are these literals; none if it has no such form.
    pub fn new(model: &Model, values: &[i128], target: Target) -> Option<Self> {
        let form = match model {
            Model::Flat(flat) => Form::Fee(target.of_raw(values[flat.fee]).ok()?),
            Model::Unit(unit) => Form::Tiers(Tiers::of_unit(unit, values, target)?),
            Model::Graduated(graduated) => Form::Tiers(Tiers::of_graduated(graduated, values, target)?),
            Model::Package(_) | Model::Percentage(_) | Model::Dynamic(_) => return None,
        };
        Some(Self { form, decimals: target.decimals })
    }

    /// The most decimals that its amounts have.
    pub fn decimals(&self) -> u32 {
        self.decimals
    }

    /// Whether the quantity is read.
    #[inline]
    pub fn reads_quantity(&self) -> bool {
        matches!(self.form, Form::Tiers(_))
    }

    /// Whether any quantity is billed as it is.
    pub fn bills_as_is(&self) -> bool {
        matches!(&self.form, Form::Tiers(Tiers { minimum: ..=1, increment: 1, .. }))
    }

    /// What is billed of a quantity of at most `MOST_UNITS`; none where units do not count.
    #[inline]
    pub fn billed(&self, quantity: i64) -> Option<i64> {
        match &self.form {
            Form::Fee(_) => None,
            Form::Tiers(tiers) => Some(tiers.billed(quantity)),
        }
    }

    /// The amount of a record that bills units and used some, where nothing counts; none past 128 bits.
    #[inline]
    pub fn price(&self, billed: i64, used: bool) -> Option<i128> {
        match &self.form {
            Form::Fee(fee) => Some(*fee),
            Form::Tiers(tiers) => tiers.price(billed, used),
        }
    }

    /// The amount of a record that bills units from a position on, and used some; none past 128 bits.
    pub fn amount(&self, before: i64, billed: i64, used: bool) -> Option<i128> {
        match &self.form {
            Form::Fee(fee) => Some(*fee),
            Form::Tiers(tiers) => tiers.amount(before, billed, used),
        }
    }

    /// The same where all is far from the end of 64 bits, as it mostly is; none where it is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub fn small_amount(&self, before: i64, billed: i64, used: bool) -> Option<i64> {
        match &self.form {
            Form::Fee(fee) => i64::try_from(*fee).ok(),
            Form::Tiers(tiers) => tiers.small_amount(before, billed, used),
        }
    }
}

impl Tiers {
    fn of_unit(unit: &Unit, values: &[i128], target: Target) -> Option<Self> {
        let [Step { price, per, block, up_to: None, .. }] = unit.steps.as_slice() else { return None };
        let tier = WholeTier { start: 0, up_to: i64::MAX, price: small(values[*price])?, base: 0 };
        let connect = (small(values[unit.connect_fee])?, unit.connect_at_zero);
        Self::new(vec![tier], units(*per)?, connect, *block, target)
    }

    fn of_graduated(graduated: &Graduated, values: &[i128], target: Target) -> Option<Self> {
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

    #[inline]
    fn billed(&self, quantity: i64) -> i64 {
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
    #[inline]
    fn price(&self, billed: i64, used: bool) -> Option<i128> {
        // Most have one price.
        let [WholeTier { base: 0, price, .. }] = self.tiers.as_slice() else { return self.amount(0, billed, used) };
        let connect = self.connect(used);
        if billed > self.limit {
            return self.amount_above(0, billed, connect);
        }
        Some(self.rounded(0, price * billed, connect).into())
    }

    fn amount(&self, before: i64, billed: i64, used: bool) -> Option<i128> {
        match self.small_amount(before, billed, used) {
            Some(amount) => Some(amount.into()),
            None => self.amount_above(before, before.checked_add(billed)?, self.connect(used)),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    fn small_amount(&self, before: i64, billed: i64, used: bool) -> Option<i64> {
        let after = before.checked_add(billed)?;
        if after > self.limit {
            return None;
        }
        let (tier, connect) = (self.tier(before), self.connect(used));
        // Most records begin and end in one tier.
        let is_within = before > 0 && after <= tier.up_to;
        if is_within && !self.rounds_totals {
            return Some(self.rounded_once(tier.price * billed, connect));
        }
        let from = tier.reached(before);
        let to = if is_within { from + tier.price * billed } else { self.tier(after).reached(after) };
        Some(self.rounded(from, to, connect))
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

impl WholeTier {
    /// total(q) × per of a position in this tier.
    #[inline]
    fn reached(&self, position: i64) -> i64 {
        if position > 0 { self.base + self.price * (position - self.start) } else { 0 }
    }

    /// What a position in this tier comes to, times `per`.
    fn total(&self, position: i128) -> Option<i128> {
        let units = position - i128::from(self.start);
        i128::from(self.price).checked_mul(units)?.checked_add(i128::from(self.base))
    }
}

/// A raw number that is not negative and fits 64 bits.
fn small(raw: i128) -> Option<i64> {
    i64::try_from(raw).ok().filter(|raw| *raw >= 0)
}

/// A raw number as whole units.
fn units(raw: i128) -> Option<i64> {
    (raw % ONE == 0).then(|| small(raw / ONE).filter(|units| *units <= MOST_COUNTED))?
}

/// The same of a block, which is billed whole.
fn block_units(raw: i128) -> Option<i64> {
    units(raw).filter(|units| *units <= MOST_UNITS)
}

#[cfg(test)]
mod tests {
    use partita_money::Rounding;
    use proptest::prelude::*;

    use super::*;
    use crate::charge::{Count, Flat, Input, Tier};

    fn modes() -> impl Strategy<Value = Rounding> {
        prop::sample::select(Rounding::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn unit_prices_are_those_of_the_model(
            price in 0_i64..5_000_000_000_000, connect in 0_i64..1_000_000_000_000, per in 1_i64..4_000,
            minimum in prop_oneof![0_i64..3, 0_i64..100], increment in prop_oneof![Just(1_i64), 1_i64..100],
            at_zero: bool, decimals in 0_u32..=12, mode in modes(),
            quantity in prop_oneof![0_i64..3, 0_i64..10_000, 0..MOST_UNITS],
        ) {
            let raw = |units: i64| i128::from(units) * ONE;
            let block = Block { minimum: raw(minimum), increment: Some(raw(increment)) };
            let step = Step { start: 0, up_to: None, price: 1, per: raw(per), block };
            let model = Model::Unit(Unit { connect_fee: 0, connect_at_zero: at_zero, steps: vec![step] });
            let (values, target) = ([i128::from(connect), i128::from(price)], Target::new(decimals, mode));
            let whole = Whole::new(&model, &values, target).unwrap();
            let input = Input { quantity: raw(quantity), whole: Some(quantity), first: true, ..Input::default() };
            let expected = model.price(&values, &input, &mut Count::default(), target).unwrap();
            let billed = whole.billed(quantity).unwrap();
            prop_assert_eq!(raw(billed), expected.billed);
            prop_assert!(billed == quantity || !whole.bills_as_is());
            prop_assert_eq!(whole.amount(0, billed, quantity != 0), Some(expected.amount));
        }

        #[test]
        fn tiers_are_those_of_the_model(
            prices in prop::array::uniform6(0_i64..5_000_000_000_000), flats in prop::array::uniform6(0_i64..9_000_000_000_000),
            widths in prop::collection::vec(1_i64..1_000, 0..=5), per in prop_oneof![Just(1_i64), 1_i64..4_000], rounds: bool,
            connect in 0_i64..1_000_000_000_000, decimals in 0_u32..=12, mode in modes(),
            before in prop_oneof![0_i64..3_000, 0..MOST_COUNTED], quantity in prop_oneof![0_i64..3_000, 0..MOST_UNITS],
        ) {
            let raw = |units: i64| i128::from(units) * ONE;
            let edges: Vec<i128> = (0..=widths.len()).map(|i| raw(widths[..i].iter().sum())).collect();
            let tier = |i: usize| Tier { start: edges[i], up_to: edges.get(i + 1).copied(), price: 1 + i, flat: 7 + i };
            let graduated = Graduated {
                tiers: (0..edges.len()).map(tier).collect(), per: raw(per), connect_fee: 0, connect_at_zero: false,
                block: Block { minimum: 0, increment: None }, rounds,
            };
            let values: Vec<i128> = [connect].into_iter().chain(prices).chain(flats).map(i128::from).collect();
            let target = if rounds { Target::new(decimals, mode) } else { Target::STORED };
            let model = Model::Graduated(graduated);
            let whole = Whole::new(&model, &values, target).unwrap();
            let input = Input { quantity: raw(quantity), whole: Some(quantity), first: true, ..Input::default() };
            let mut count = Count { quantity: raw(before), amount: 0 };
            let expected = model.price(&values, &input, &mut count, target).unwrap();
            let billed = whole.billed(quantity).unwrap();
            prop_assert_eq!(raw(billed), expected.billed);
            prop_assert_eq!(whole.amount(before, billed, quantity != 0), Some(expected.amount));
        }
    }

    #[test]
    fn a_fee_is_the_same_for_any_quantity() {
        let whole = Whole::new(&Model::Flat(Flat { fee: 0 }), &[ONE / 2], Target::STORED).unwrap();
        assert_eq!((whole.billed(7), whole.amount(0, 0, true)), (None, Some(ONE / 2)));
    }

    #[test]
    fn negative_prices_and_parts_of_units_have_no_such_form() {
        let step = |per: i128| Step { start: 0, up_to: None, price: 1, per, block: Block::default() };
        let unit = |per| Model::Unit(Unit { connect_fee: 0, connect_at_zero: false, steps: vec![step(per)] });
        assert!(Whole::new(&unit(ONE), &[0, -1], Target::STORED).is_none());
        assert!(Whole::new(&unit(ONE / 2), &[0, 1], Target::STORED).is_none());
    }
}
