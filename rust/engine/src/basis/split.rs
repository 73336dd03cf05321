//! `split` on a whole period: a sum dealt among payees by weights, at the 12th decimal.

use partita_money::{Dec, allocate};

use crate::error::Result;

/// The parts of a raw amount by raw weights, ties in their order; they sum to it.
pub fn parts(amount: i128, weights: &[i128]) -> Result<Vec<i128>> {
    let weights = weights.iter().map(|&weight| Dec::from_raw(weight)).collect::<Result<Vec<_>, _>>()?;
    let parts = allocate(Dec::from_raw(amount)?, &weights, Dec::SCALE)?;
    Ok(parts.into_iter().map(Dec::raw).collect())
}
