//! Dealing sets: what one payer owes on one base, rounded once and dealt to its payees (semantics §2).
//!
//! Were each payee's sum rounded by itself, a base of 10,000.00 split three ways would pay 9,999.99. So the payees of a
//! `split`, and the flows of a base that has a `remainder`, form a set: its exact sum is rounded, and dealt by largest
//! remainder over the exact sums.

use partita_money::{Dec, deal};

use crate::compile::{Basis, Flow};
use crate::document::Unit;
use crate::error::Result;
use crate::sums::add;

/// For each flow, the flow that its set is named for: a split by itself, or the remainder of its base. Flows that a
/// remainder names are in its set, and so are percentages and splits on the same base.
pub fn sets(flows: &[Flow], unpaid: &[bool]) -> Vec<Option<usize>> {
    let own = |(place, flow): (usize, &Flow)| matches!(flow.basis, Basis::Split(_)).then_some(place);
    let mut sets: Vec<Option<usize>> = flows.iter().enumerate().map(own).collect();
    for (place, flow) in flows.iter().enumerate() {
        let Basis::Remainder(named) = &flow.basis else { continue };
        for (other, set) in sets.iter_mut().enumerate() {
            let beside = flows.get(other).is_some_and(|other| is_beside(flows, flow, other));
            if other == place || named.contains(&other) || beside {
                *set = Some(place);
            }
        }
    }
    sets.into_iter().zip(unpaid).map(|(set, unpaid)| set.filter(|_| !unpaid)).collect()
}

fn is_beside(flows: &[Flow], remainder: &Flow, other: &Flow) -> bool {
    matches!(other.basis, Basis::Percent { .. } | Basis::Split(_)) && base(flows, remainder) == base(flows, other)
}

/// What a flow is on; the sale stands for the lines that it is.
fn base<'a>(flows: &[Flow], flow: &'a Flow) -> (Vec<usize>, &'a [usize]) {
    let is_sale = |&place: &usize| flows.get(place).is_some_and(|flow| matches!(flow.basis, Basis::Sale));
    (flow.of.iter().copied().filter(|place| !is_sale(place)).collect(), &flow.minus)
}

/// The amounts of a set's members, in their order, raw: together their exact sum, rounded half up.
pub fn dealt(exact: &[i128], unit: Unit) -> Result<Vec<i128>> {
    let total = unit.rounded(exact.iter().try_fold(0, |sum, &part| add(sum, part))?)?;
    let exact = exact.iter().map(|&part| Dec::from_raw(part)).collect::<Result<Vec<_>, _>>()?;
    let parts = deal(Dec::from_raw(total)?, &exact, unit.decimals)?;
    Ok(parts.into_iter().map(Dec::raw).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::raw;

    #[test]
    fn a_set_is_paid_whole() {
        for (exact, expected) in [
            (["33.3335", "33.3335", "33.333"], ["33.34", "33.33", "33.33"]),
            (["3333.333334", "3333.333333", "3333.333333"], ["3333.34", "3333.33", "3333.33"]),
            (["-33.3335", "-33.3335", "-33.333"], ["-33.34", "-33.33", "-33.33"]),
            (["0", "0", "0"], ["0", "0", "0"]),
        ] {
            let parts = dealt(&exact.map(raw), Unit::new(2).unwrap()).unwrap();
            assert_eq!(parts, expected.map(raw), "{exact:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_rounded_sum_and_each_is_within_a_unit(
            exact in prop::collection::vec(-10_i128.pow(20)..10_i128.pow(20), 1..20),
        ) {
            let unit = Unit::new(2).unwrap();
            let parts = dealt(&exact, unit).unwrap();
            prop_assert_eq!(parts.iter().sum::<i128>(), unit.rounded(exact.iter().sum()).unwrap());
            prop_assert!(parts.iter().zip(&exact).all(|(part, exact)| (part - exact).abs() < unit.raw));
        }
    }
}
