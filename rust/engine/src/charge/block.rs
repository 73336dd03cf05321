//! The telephone first/next block: what is billed of a quantity.

use super::exact::in_range;
use crate::column::ONE;
use crate::reject::Code;

/// A minimum, then increments. Raw values at 12 decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Block {
    pub minimum: i128,
    /// None: units are billed as they are.
    pub increment: Option<i128>,
}

impl Block {
    /// billed(q): 0 → 0; up to the minimum → the minimum; above it, started increments (semantics §1). A negative
    /// quantity, where allowed, mirrors the positive one.
    #[inline]
    pub fn billed(&self, quantity: i128) -> Result<i128, Code> {
        if quantity < 0 {
            return self.billed(quantity.checked_neg().ok_or(Code::Overflow)?).map(|billed| -billed);
        }
        if quantity == 0 || quantity <= self.minimum {
            return Ok(if quantity == 0 { 0 } else { self.minimum });
        }
        let Some(increment) = self.increment else { return Ok(quantity) };
        let blocks = ceiling(quantity - self.minimum, increment);
        let billed = blocks.checked_mul(increment).and_then(|units| units.checked_add(self.minimum));
        in_range(billed.ok_or(Code::Overflow)?)
    }

    /// How far the blocks reach that begin within the next `length` units: the minimum where they begin anew, else
    /// increments.
    #[inline]
    pub fn run(&self, is_start: bool, length: i128) -> Result<i128, Code> {
        match self.increment {
            _ if is_start && self.minimum > 0 => Ok(self.minimum),
            Some(increment) => ceiling(length, increment).checked_mul(increment).ok_or(Code::Overflow),
            None => Ok(length),
        }
    }

    /// Whether both numbers are integers.
    pub fn is_whole(&self) -> bool {
        self.minimum % ONE == 0 && self.increment.is_none_or(|increment| increment % ONE == 0)
    }
}

/// ceil(`units` / `size`) for `units` ≥ 0 and `size` > 0.
#[inline]
pub fn ceiling(units: i128, size: i128) -> i128 {
    // 64-bit division is several times as fast, and nearly every quantity fits.
    if let (Ok(units), Ok(size)) = (u64::try_from(units), u64::try_from(size)) {
        return i128::from(units.div_ceil(size));
    }
    units / size + i128::from(units % size != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_next_blocks() {
        // minimum/increment: quantity → billed, semantics §1 and §9.
        for (minimum, increment, quantity, billed) in [
            (60, 1, 75, 75),
            (30, 6, 32, 36),
            (20, 6, 25, 26),
            (10, 60, 25, 70),
            (30, 6, 57, 60),
            (30, 6, 75, 78),
            (60, 60, 0, 0),
            (60, 60, 1, 60),
            (60, 60, 61, 120),
        ] {
            let block = Block { minimum: minimum * ONE, increment: Some(increment * ONE) };
            assert_eq!(block.billed(quantity * ONE), Ok(billed * ONE), "{minimum}/{increment}: {quantity}");
            assert_eq!(block.billed(-quantity * ONE), Ok(-billed * ONE));
        }
        let plain = Block { minimum: 0, increment: None };
        assert_eq!(plain.billed(99 * ONE + ONE / 2), Ok(99 * ONE + ONE / 2));
    }
}
