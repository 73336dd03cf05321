//! `remainder`: what is left of a base after named flows, by exact subtraction.
//!
//! On a whole period it may be below zero: a guarantee that exceeds what was sold is its payer's loss.

use super::{Sums, put};
use crate::error::Result;

/// The base less the named flows, by group.
pub fn left(base: &Sums, named: &Sums) -> Result<Sums> {
    let mut rest = base.clone();
    for (group, amount) in named {
        put(&mut rest, *group, -amount)?;
    }
    Ok(rest)
}
