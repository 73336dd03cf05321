//! What a flow can be besides a charge on a record: flows on a whole period, and flows that share out what others hold.
//!
//! One file each. `dealing` knows which flows are paid out together, so that a base shared whole is paid whole.

pub mod dealing;
pub mod greater_of;
pub mod recurring;
pub mod remainder;
pub mod split;
pub mod standalone;

use std::collections::BTreeMap;

use partita_money::Dec;

use crate::charge::Target;
use crate::compile::{Basis, Flow};
use crate::error::Result;
use crate::subscriber::NONE;
use crate::sums::add;

/// Who pays whom, and for which subscription (`NONE`: for all). Accounts are `NONE` unless a role says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub payer: u32,
    pub payee: u32,
    pub payer_account: u32,
    pub payee_account: u32,
    pub subscription: u32,
    pub currency: u32,
}

impl Group {
    /// The same parties, for all subscriptions.
    pub fn whole(self) -> Self {
        Self { subscription: NONE, ..self }
    }
}

/// The raw sums of a flow over the period.
pub type Sums = BTreeMap<Group, i128>;

/// Adds an amount to a group's.
pub fn put(sums: &mut Sums, group: Group, amount: i128) -> Result<()> {
    let sum = sums.entry(group).or_insert(0);
    *sum = add(*sum, amount)?;
    Ok(())
}

/// An amount of the period, as its flow rounds it.
pub fn stored(exact: i128, target: Target) -> Result<i128> {
    Ok(Dec::from_raw(exact)?.rounded(target.decimals, target.mode)?.raw())
}

/// Which flows nobody pays: the sale, which the bill carries, those that say so, and those that a `greater_of` chooses
/// from.
pub fn unpaid(flows: &[Flow]) -> Vec<bool> {
    let mut unpaid: Vec<bool> = flows.iter().map(|flow| !flow.is_paid()).collect();
    for flow in flows {
        let Basis::GreaterOf { flows: chosen, .. } = &flow.basis else { continue };
        for &place in chosen {
            if let Some(flag) = unpaid.get_mut(place) {
                *flag = true;
            }
        }
    }
    unpaid
}
