//! `greater_of`: the largest of flows and amounts, on their sums over the period.
//!
//! Where it chooses between what was measured and what is owed anyway (an amount, a fee), it is a guarantee: what that
//! adds to what was measured is its true-up (models.md §2).

use super::{Group, Sums};

/// What ends the item of a true-up's line, after its flow.
pub const TRUE_UP: &str = "/true_up";

/// What is chosen from: the sums of flows on usage, those of fees, and amounts.
#[derive(Debug, Default)]
pub struct Choices<'a> {
    pub measured: Vec<Sums>,
    pub fees: Vec<Sums>,
    pub amounts: &'a [i128],
}

impl Choices<'_> {
    /// The groups of any of the flows.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.measured.iter().chain(&self.fees).flat_map(Sums::keys)
    }

    /// The largest figure for a group. A flow that has nothing for it counts 0.
    pub fn greatest(&self, group: &Group) -> i128 {
        largest(self.measured.iter().chain(&self.fees), group)
            .into_iter()
            .chain(self.amounts.iter().copied())
            .max()
            .unwrap_or(0)
    }

    /// The largest figure that was measured for a group; None where nothing is guaranteed, or nothing but that.
    pub fn measured(&self, group: &Group) -> Option<i128> {
        if self.fees.is_empty() && self.amounts.is_empty() {
            return None;
        }
        largest(&self.measured, group)
    }
}

fn largest<'s>(sums: impl IntoIterator<Item = &'s Sums>, group: &Group) -> Option<i128> {
    sums.into_iter().map(|sums| sums.get(group).copied().unwrap_or(0)).max()
}
