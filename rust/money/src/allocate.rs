//! The only place where cents are dealt.
//!
//! A total that is divided and rounded part by part loses or makes cents. Here a total is dealt out by largest
//! remainder (Hamilton's method): everyone first gets the whole units in their exact part, and the units left over go,
//! one each, to those whose exact part was cut the most. Ties go to the one stated first. The parts always sum to the
//! total, which is asserted in release builds too, and every part is its exact value rounded down or up by less than a unit.
//!
//! A negative dealing is the mirror of the positive one, so that a credit takes back exactly what was charged.

use std::cmp::{Ordering, Reverse};

use crate::dec::raw_unit;
use crate::{Dec, MoneyError, Ratio, Wide};

/// Divides `total` in proportion to `weights`, in units of 10^-decimals.
///
/// The total must be a whole number of units; the weights must not be negative, nor all zero. A weight of zero gets
/// nothing.
///
/// ```
/// use partita_money::{Dec, allocate};
///
/// let weights = [Dec::parse("33.3335")?, Dec::parse("33.3335")?, Dec::parse("33.3330")?];
/// let parts = allocate(Dec::from_int(100), &weights, 2)?;
/// assert_eq!(parts, [Dec::parse("33.34")?, Dec::parse("33.33")?, Dec::parse("33.33")?]);
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
pub fn allocate(total: Dec, weights: &[Dec], decimals: u32) -> Result<Vec<Dec>, MoneyError> {
    let units = total.to_units(decimals)?;
    if let Some((position, weight)) = weights.iter().enumerate().find(|(_, weight)| weight.is_negative()) {
        return Err(MoneyError::NegativeWeight { position, weight: *weight });
    }
    let whole = sum(weights.iter().map(|weight| weight.raw().into()))?;
    if whole.is_zero() {
        return Err(MoneyError::NoWeight { total });
    }
    let parts = weights.iter().map(|weight| {
        let (share, rest) = Wide::product(units.abs(), weight.raw()).div_rem(whole)?;
        Ok((share, Ratio::new(rest, whole)?))
    });
    hand_out(total, decimals, units < 0, parts.collect::<Result<_, _>>()?)
}

/// Deals a rounded `total` to the exact sums it was rounded from, in units of 10^-decimals.
///
/// `exact` are decimals or ratios, of any sign. Each part is its exact sum rounded down or up to a unit, and the parts
/// sum to `total`. In detail:
///
/// 1. If the total is negative, every sign is turned, and turned back at the end. (For a total of zero, the first exact
///    sum that is not zero decides.) So a reversal is the mirror of what it reverses.
/// 2. Each exact sum is rounded down, towards negative infinity, so that what is cut off is never negative, whatever
///    the sign of the sum.
/// 3. The units by which the total exceeds these go, one each, to the largest parts cut off, ties by order.
///
/// A total that is the rounded sum of `exact`, by any mode, can always be dealt so; one that cannot is an error.
///
/// ```
/// use partita_money::{Dec, deal};
///
/// // 1,000,000 records of 0.01, each split three ways at the 12th decimal.
/// let exact = [Dec::parse("3333.333334")?, Dec::parse("3333.333333")?, Dec::parse("3333.333333")?];
/// let parts = deal(Dec::from_int(10_000), &exact, 2)?;
/// assert_eq!(parts, [Dec::parse("3333.34")?, Dec::parse("3333.33")?, Dec::parse("3333.33")?]);
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
pub fn deal<E: Copy + Into<Ratio>>(total: Dec, exact: &[E], decimals: u32) -> Result<Vec<Dec>, MoneyError> {
    total.to_units(decimals)?;
    let sums: Vec<Ratio> = exact.iter().map(|sum| (*sum).into()).collect();
    let first_sign = sums.iter().map(|sum| sum.sign()).find(|sign| sign.is_ne());
    let mirrored = total.is_negative() || (total.is_zero() && first_sign.is_some_and(Ordering::is_lt));
    let units_per_one = Dec::from_int(10_i64.pow(decimals));
    let parts = sums.iter().map(|sum| {
        let facing = if mirrored { -*sum } else { *sum };
        facing.checked_mul(units_per_one)?.whole_and_part()
    });
    hand_out(total, decimals, mirrored, parts.collect::<Result<_, _>>()?)
}

/// Gives each part its whole units, and one more to the largest remainders until `total` is reached.
fn hand_out(total: Dec, decimals: u32, mirrored: bool, parts: Vec<(Wide, Ratio)>) -> Result<Vec<Dec>, MoneyError> {
    let facing = |value: Wide| if mirrored { -value } else { value };
    let target = facing(total.to_units(decimals)?.into());
    let left = target.checked_sub(sum(parts.iter().map(|(whole, _)| *whole))?)?;

    let mut by_remainder: Vec<usize> = (0..parts.len()).filter(|place| !parts[*place].1.is_zero()).collect();
    by_remainder.sort_by_key(|place| Reverse(parts[*place].1));
    let count = left.to_i128().and_then(|left| usize::try_from(left).ok());
    let chosen = count.and_then(|count| by_remainder.get(..count));
    let chosen = chosen.ok_or_else(|| not_the_sum(total, mirrored, &parts))?;

    let mut units: Vec<Wide> = parts.into_iter().map(|(whole, _)| whole).collect();
    for place in chosen {
        units[*place] = units[*place].checked_add(1)?;
    }
    let given = sum(units.iter().copied())?;
    assert!(given == target, "dealt {given} of {target} units");
    let unit = raw_unit(decimals)?;
    units.into_iter().map(|part| Dec::from_wide(facing(part), unit, "allocate")).collect()
}

fn sum(mut values: impl Iterator<Item = Wide>) -> Result<Wide, MoneyError> {
    values.try_fold(Wide::ZERO, super::wide::Wide::checked_add)
}

#[cold]
fn not_the_sum(total: Dec, mirrored: bool, parts: &[(Wide, Ratio)]) -> MoneyError {
    let sign = if mirrored { "-" } else { "" };
    let parts: Vec<String> = parts.iter().map(|(whole, part)| format!("{sign}({whole} + {part})")).collect();
    MoneyError::NotTheSum { total, parts: format!("{} units", parts.join(", ")).into() }
}
