//! Charges in whole units and small integers: the shape of most tariffs, and their fast form.
//!
//! Where blocks, tiers and `per` are whole numbers and nothing is looked up, a record of a whole quantity costs a few
//! integer operations. Amounts are those of the models, to the last digit; what does not fit goes to them.

mod tier;
mod tiers;

use super::Model;
use super::exact::Target;
use tiers::Tiers;

/// The most units of one record that are priced in this form.
pub const MOST_UNITS: i64 = 1 << 40;
/// The highest position of a counter, far enough below the end of 64 bits that records can be added.
pub const MOST_COUNTED: i64 = 1 << 60;
/// What a charge does with a record.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "tiers are read for every record: a box would be one more place to go to")]
enum Form {
    /// The same amount whatever the quantity.
    Fee(i128),
    Tiers(Tiers),
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
        matches!(&self.form, Form::Tiers(tiers) if tiers.bill_as_is())
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
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
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

#[cfg(test)]
mod tests {
    use partita_money::Rounding;
    use proptest::prelude::*;

    use super::*;
    use crate::charge::{Block, Count, Flat, Graduated, Input, Step, Tier, Unit};
    use crate::column::ONE;

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
            let input = Input { whole: Some(quantity), ..Input::of(raw(quantity)) };
            let expected = model.price(&values, &input, &mut Count::default(), target).unwrap();
            let billed = whole.billed(quantity).unwrap();
            prop_assert_eq!(raw(billed), expected.billed);
            prop_assert!(billed == quantity || !whole.bills_as_is());
            prop_assert_eq!(whole.amount(0, billed, quantity != 0), Some(expected.amount));
            prop_assert_eq!(whole.price(billed, quantity != 0), Some(expected.amount));
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
            let input = Input { whole: Some(quantity), ..Input::of(raw(quantity)) };
            let mut count = Count { quantity: raw(before), amount: 0 };
            let expected = model.price(&values, &input, &mut count, target).unwrap();
            let billed = whole.billed(quantity).unwrap();
            prop_assert_eq!(raw(billed), expected.billed);
            prop_assert_eq!(whole.amount(before, billed, quantity != 0), Some(expected.amount));
            prop_assert_eq!(whole.price(billed, quantity != 0), whole.amount(0, billed, quantity != 0));
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
