//! `greater_of`: the largest of flows and amounts, on their sums over the period.

use super::Sums;

/// For each group of any of the flows the largest figure. A flow that has nothing for a group counts 0.
pub fn greatest(measured: &[Sums], amounts: &[i128], guaranteed: &Sums) -> Sums {
    let groups = measured.iter().chain([guaranteed]).flat_map(Sums::keys);
    let largest = |group| {
        let sums = measured.iter().map(|sums| sums.get(group).copied().unwrap_or(0));
        sums.chain(amounts.iter().copied()).max().unwrap_or(0)
    };
    groups.map(|group| (*group, largest(group))).collect()
}
