//! `remainder`: what is left of a base after named flows, by exact subtraction.
//!
//! Whether too much was shared is judged on the period as a whole: one subscription's guarantee may exceed what that
//! subscription paid.

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

/// What is left over all subscriptions, where more than the base went to the named flows (of a negative base: the mirror
/// image).
pub fn over_shared(base: &Sums, rest: &Sums) -> Result<Option<i128>> {
    let (base, rest) = (whole(base)?, whole(rest)?);
    let over = |(group, left): &(_, i128)| {
        let base = base.get(group).copied().unwrap_or(0);
        *left != 0 && (*left < 0) != (base < 0)
    };
    Ok(rest.into_iter().find(over).map(|(_, left)| left))
}

/// The sums over all subscriptions.
fn whole(sums: &Sums) -> Result<Sums> {
    let mut whole = Sums::new();
    for (group, amount) in sums {
        put(&mut whole, group.whole(), *amount)?;
    }
    Ok(whole)
}
