//! Amounts that are sure to be split: so small that no part has too many digits, so large that no rounding makes the parts
//! more than the whole.

use super::parts::{Part, Share, is_whole_line};
use crate::column::ONE;

/// Amounts from one on, and 0, up to another.
#[derive(Debug, Clone, Copy)]
pub struct Safe<T = i128> {
    from: T,
    to: T,
}

impl Safe {
    pub const ALL: Self = Self { from: 0, to: i128::MAX };
    pub const NONE: Self = Self { from: i128::MAX, to: -1 };

    /// Those that some parts share without a fault; the parts may come to more than the whole, or not.
    pub(super) fn of(parts: &[Part], may_exceed: bool) -> Self {
        Self { from: if may_exceed { safe_from(parts) } else { 0 }, to: safe_to(parts) }
    }

    /// Whether no part of an amount has too many digits.
    #[inline]
    pub(super) fn reaches(self, amount: i128) -> bool {
        amount <= self.to
    }

    /// Those that both have.
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Those of 64 bits.
    pub fn small(self) -> Safe<i64> {
        let to = i64::try_from(self.to).unwrap_or(i64::MAX);
        match i64::try_from(self.from) {
            Ok(from) => Safe { from, to },
            // Of 64 bits there is but 0.
            Err(_) => Safe { from: i64::MAX, to: to.min(0) },
        }
    }
}

impl<T: Copy + PartialOrd + Default> Safe<T> {
    /// Whether an amount that is not negative is one of them.
    #[inline]
    pub fn holds(self, amount: T) -> bool {
        amount <= self.to && (amount >= self.from || amount == T::default())
    }
}

/// An amount so far below 38 digits that no part of it grows to them, whatever its rates and bases add up to.
fn safe_to(parts: &[Part]) -> i128 {
    let growth = parts.iter().try_fold(1_i128, |growth, part| {
        let rate = if let Share::Percent(percent) = &part.share { percent.rate / ONE + 1 } else { 1 };
        growth.checked_mul(rate)?.checked_mul(part.of.len() as i128 + part.minus.len() as i128 + 2)
    });
    growth.map_or(0, |growth| 10_i128.pow(30) / growth)
}

/// The least amount whose parts cannot exceed it, where each remainder is what percentages of the whole line leave: each
/// is rounded by less than a unit, so it suffices that what they leave is a unit for each.
fn safe_from(parts: &[Part]) -> i128 {
    let whole_line = |part: &Part| is_whole_line(parts, part);
    let mut safe = 0;
    for part in parts {
        let Share::Remainder(named) = &part.share else { continue };
        let (mut rates, mut units) = (0, 0);
        for &place in named {
            let Share::Percent(percent) = &parts[place].share else { return i128::MAX };
            if !whole_line(&parts[place]) {
                return i128::MAX;
            }
            (rates, units) = (rates + percent.rate, units + percent.target.unit);
        }
        if rates >= ONE || !whole_line(part) {
            return i128::MAX;
        }
        safe = safe.max(units * ONE / (ONE - rates) + 1);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_amounts_are_safe_where_the_same_large_ones_are() {
        let far = i128::from(i64::MAX) + 1;
        let bounds = [0, 1, far - 2, far - 1, far, i128::MAX];
        let each = bounds.into_iter().flat_map(|from| bounds.into_iter().map(move |to| Safe { from, to }));
        for safe in each.chain([Safe::ALL, Safe::NONE]) {
            for amount in [0, 1, 2, i64::MAX - 2, i64::MAX - 1, i64::MAX] {
                assert_eq!(safe.small().holds(amount), safe.holds(amount.into()), "{safe:?} {amount}");
            }
        }
    }
}
