//! Many amounts split at once: a part a column, in 64 bits.

use super::parts::{Part, Parts, Percent, Share};
use crate::column::ONE;

impl Parts {
    /// Each part of some amounts, none of which is negative or above `narrow_to`, a column a part; none if the parts
    /// exceed one of them.
    pub fn split_all(&self, amounts: &[i64], into: &mut Vec<Vec<i64>>) -> Option<()> {
        into.resize_with(self.parts.len(), Vec::new);
        for (place, part) in self.parts.iter().enumerate() {
            let (named, rest) = into.split_at_mut(place);
            let column = &mut rest[0];
            part.bases(amounts, named, column);
            match &part.share {
                Share::Whole => {}
                Share::Percent(percent) => percent.of_all(column)?,
                Share::Remainder(taken) => {
                    let mut over = false;
                    for (at, base) in column.iter_mut().enumerate() {
                        let rest = taken.iter().fold(*base, |rest, &place| rest - named[place][at]);
                        over |= rest != 0 && (rest < 0) != (*base < 0);
                        *base = rest;
                    }
                    if over && self.may_exceed {
                        return None;
                    }
                }
            }
        }
        Some(())
    }

    /// The highest power of two up to which every part, and every number on the way to it, fits 64 bits; 0 if none.
    pub(super) fn narrow_to(parts: &[Part]) -> i64 {
        let highest = (0..62).rev().map(|bits| 1_i64 << bits).find(|&amount| bounds(parts, amount).is_some());
        highest.unwrap_or(0)
    }
}

impl Part {
    /// What the part is of, for each amount.
    fn bases(&self, amounts: &[i64], named: &[Vec<i64>], into: &mut Vec<i64>) {
        into.clear();
        let [first, more @ ..] = self.of.as_slice() else {
            into.extend_from_slice(amounts);
            return;
        };
        into.extend_from_slice(&named[*first]);
        for &place in more {
            into.iter_mut().zip(&named[place]).for_each(|(base, more)| *base += more);
        }
        for &place in &self.minus {
            into.iter_mut().zip(&named[place]).for_each(|(base, less)| *base -= less);
        }
    }
}

impl Percent {
    /// The rate times each base, rounded once, in its place.
    fn of_all(&self, bases: &mut [i64]) -> Option<()> {
        for base in bases {
            *base = if *base >= 0 {
                self.divisor.rounded(*base * self.numerator) * self.unit
            } else {
                i64::try_from(self.of(i128::from(*base))?).ok()?
            };
        }
        Some(())
    }
}

/// What no part of an amount exceeds, whatever its sign; none if one, or a number on the way to it, has over 64 bits.
fn bounds(parts: &[Part], amount: i64) -> Option<Vec<i128>> {
    let narrow = |number: i128| i64::try_from(number).ok().map(i128::from);
    let mut bounds: Vec<i128> = Vec::with_capacity(parts.len());
    for part in parts {
        let sum = |places: &[usize]| places.iter().map(|&place| bounds[place]).sum::<i128>();
        let whole = if part.of.is_empty() { i128::from(amount) } else { sum(&part.of) };
        let base = narrow(whole + sum(&part.minus))?;
        bounds.push(match &part.share {
            Share::Whole => base,
            Share::Percent(percent) => {
                narrow(base * i128::from(percent.numerator))?;
                narrow(base.checked_mul(percent.rate)? / ONE + 1 + i128::from(percent.unit))?
            }
            Share::Remainder(taken) => narrow(base + sum(taken))?,
        });
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use partita_money::Rounding;
    use proptest::prelude::*;

    use super::super::parts::part;
    use super::*;
    use crate::charge::Target;

    proptest! {
        #[test]
        fn a_column_holds_what_each_amount_is_split_into(
            rates in prop::array::uniform3(prop_oneof![0..=2 * ONE, (0_i128..=20).prop_map(|tenths| tenths * ONE / 10)]),
            decimals in 0_u32..=12, mode in prop::sample::select(Rounding::ALL.to_vec()), may_exceed: bool,
            amounts in prop::collection::vec(prop_oneof![0_i64..=1 << 61, 0_i64..2_000_000_000_000, 0_i64..100], 0..50),
        ) {
            let target = Target::new(decimals, mode);
            // A rate of many digits that is rounded to few has no such form.
            let percent = |rate: i128, target| Percent::share(rate, target).unwrap_or(Share::Whole);
            let parts = Parts::of(vec![
                part(&[], &[], Share::Whole),
                part(&[0], &[], percent(rates[0], target)),
                part(&[0], &[], percent(rates[1], Target::STORED)),
                part(&[0], &[1, 2], percent(rates[2], target)),
                part(&[0, 3], &[], Share::Remainder(vec![1, 2])),
            ], may_exceed);
            let amounts: Vec<i64> = amounts.into_iter().filter(|&amount| amount <= parts.narrow_to).collect();
            let mut singly = Vec::new();
            let each = |amount: &i64| parts.split(i128::from(*amount), &mut singly).map(|()| singly.clone());
            let expected: Option<Vec<_>> = amounts.iter().map(each).collect();
            let mut columns = Vec::new();
            let found = parts.split_all(&amounts, &mut columns);
            let row = |at: usize| columns.iter().map(|column| i128::from(column[at])).collect::<Vec<_>>();
            prop_assert_eq!(found.map(|()| (0..amounts.len()).map(row).collect()), expected);
        }
    }

    #[test]
    fn usual_amounts_are_narrow() {
        let percent = |tenths| Percent::share(ONE * tenths / 10, Target::STORED).unwrap();
        let named = |place| part(&[0], &[], percent(place));
        let whole = part(&[], &[], Share::Whole);
        let parts = Parts::of(vec![whole, named(3), named(2), part(&[0], &[], Share::Remainder(vec![1, 2]))], true);
        assert!(i128::from(parts.narrow_to) > 1_000_000 * ONE);
    }
}
