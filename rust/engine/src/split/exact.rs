//! Where no part is rounded, the parts of a sum are the sums of the parts: 30 % of many amounts in cents is 30 % of what
//! they come to. Then lines need not be split to know what their shares come to.

use super::parts::{Part, Parts, Share, divisor_of, is_whole_line};
use crate::charge::Target;
use crate::column::ONE;

impl Parts {
    /// The most decimals that amounts may have for no part of them to be rounded; none if there are no such.
    pub(super) fn exact_to(parts: &[Part]) -> Option<u32> {
        let is_exact = |&decimals: &u32| grains(parts, Target::new(decimals, Target::STORED.mode).unit).is_some();
        (0..=Target::STORED.decimals).rev().find(is_exact)
    }

    /// Whether no part of amounts with so many decimals is rounded, so that each part of a sum of such, none of them
    /// negative, is the sum of that part of each.
    pub fn are_exact(&self, decimals: u32) -> bool {
        self.exact_to.is_some_and(|most| decimals <= most)
    }

    /// Whether a part is the line itself.
    pub fn is_line(&self, part: &Part) -> bool {
        matches!(part.share, Share::Whole) && is_whole_line(&self.parts, part)
    }
}

/// What each part of an amount is a multiple of, if the amount is one of `unit`; none if a part is rounded.
fn grains(parts: &[Part], unit: i128) -> Option<Vec<i128>> {
    let mut grains: Vec<i128> = Vec::with_capacity(parts.len());
    for part in parts {
        let common =
            |grain: i128, places: &[usize]| places.iter().fold(grain, |grain, &at| divisor_of(grain, grains[at]));
        let base = if part.of.is_empty() { unit } else { common(common(0, &part.of), &part.minus) };
        grains.push(match &part.share {
            Share::Whole => base,
            Share::Percent(percent) => {
                let product = base.checked_mul(percent.rate)?;
                let is_exact = product % (ONE * percent.target.unit) == 0;
                is_exact.then_some(product / ONE)?
            }
            Share::Remainder(named) => common(base, named),
        });
    }
    Some(grains)
}

#[cfg(test)]
mod tests {
    use partita_money::Rounding;
    use proptest::prelude::*;

    use super::super::parts::{Percent, part};
    use super::*;

    fn three_ways(rates: [i128; 2], targets: [u32; 2]) -> Parts {
        let percent = |at: usize| {
            let target = Target::new(targets[at], Rounding::HalfUp);
            Percent::share(rates[at], target).unwrap_or(Share::Whole)
        };
        let rest = Share::Remainder(vec![1, 2]);
        let line = part(&[], &[], Share::Whole);
        Parts::of(vec![line, part(&[0], &[], percent(0)), part(&[0], &[1], percent(1)), part(&[0], &[], rest)], false)
    }

    #[test]
    fn amounts_of_how_many_decimals_are_shared_without_rounding() {
        let exact_to = |rate: i128, decimals: u32| three_ways([rate, 0], [decimals, 12]).exact_to;
        assert_eq!(exact_to(ONE * 3 / 10, 12), Some(11));
        assert_eq!(exact_to(ONE / 8, 12), Some(9));
        assert_eq!(exact_to(ONE * 3 / 10, 2), Some(1));
        assert_eq!(exact_to(ONE / 8, 2), None);
        assert_eq!(exact_to(ONE / 8, 3), Some(0));
        assert_eq!(exact_to(0, 0), Some(12));
        let parts = three_ways([ONE / 2, ONE / 2], [12, 12]);
        assert!(parts.are_exact(10) && !parts.are_exact(11), "a half of a half takes two decimals more");
        assert!([true, false, false, false].iter().zip(&parts.parts).all(|(is, part)| parts.is_line(part) == *is));
    }

    proptest! {
        #[test]
        fn parts_of_sums_are_sums_of_parts(
            rates in prop::array::uniform2(prop_oneof![(0_i128..=100).prop_map(|of| of * ONE / 100), 0..=ONE]),
            targets in prop::array::uniform2(0_u32..=12),
            units in prop::collection::vec(0_i128..1_000_000, 0..20),
        ) {
            let parts = three_ways(rates, targets);
            let Some(decimals) = parts.exact_to else { return Ok(()) };
            prop_assert!((0..=decimals).all(|fewer| parts.are_exact(fewer)) && !parts.are_exact(decimals + 1));
            let unit = Target::new(decimals, Rounding::Down).unit;
            let mut split = Vec::new();
            let mut sums = vec![0; parts.parts.len()];
            for amount in units.iter().map(|units| units * unit) {
                parts.split(amount, &mut split).unwrap();
                sums.iter_mut().zip(&split).for_each(|(sum, part)| *sum += part);
            }
            parts.split(units.iter().sum::<i128>() * unit, &mut split).unwrap();
            prop_assert_eq!(split, sums);
        }
    }
}
