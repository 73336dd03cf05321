//! Unsigned 256-bit arithmetic: the part of [`crate::Wide`] that does not care about signs.
//!
//! The product of two 38-digit decimals has 76 digits, which 256 bits just hold. Multiplication is schoolbook on
//! 128-bit halves, division is Knuth's algorithm D on 64-bit limbs (The Art of Computer Programming, volume 2, 4.3.1).

use std::array;

/// An unsigned integer `high` × 2^128 + `low`. The order of the fields makes the derived order numeric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Magnitude {
    pub(crate) high: u128,
    pub(crate) low: u128,
}

type Limbs<const N: usize> = [u64; N];

impl Magnitude {
    pub(crate) const ZERO: Self = Self { high: 0, low: 0 };
    pub(crate) const ONE: Self = Self { high: 0, low: 1 };

    pub(crate) const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    pub(crate) const fn is_odd(self) -> bool {
        self.low & 1 == 1
    }

    pub(crate) const fn product(left: u128, right: u128) -> Self {
        let (left_high, left_low) = (left >> 64, left & LIMB);
        let (right_high, right_low) = (right >> 64, right & LIMB);
        let lowest = left_low * right_low;
        let (inner, outer) = (left_low * right_high, left_high * right_low);
        let middle = (lowest >> 64) + (inner & LIMB) + (outer & LIMB);
        Self {
            high: left_high * right_high + (inner >> 64) + (outer >> 64) + (middle >> 64),
            low: (middle << 64) | (lowest & LIMB),
        }
    }

    pub(crate) fn checked_mul(self, other: Self) -> Option<Self> {
        if self.high != 0 && other.high != 0 {
            return None;
        }
        // At most one of these is not zero.
        let cross = self.high.checked_mul(other.low)?.checked_add(other.high.checked_mul(self.low)?)?;
        let product = Self::product(self.low, other.low);
        Some(Self { high: product.high.checked_add(cross)?, low: product.low })
    }

    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Self { high, low })
    }

    pub(crate) fn checked_sub(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Self { high, low })
    }

    /// Quotient and remainder, or nothing for a divisor of zero.
    pub(crate) fn checked_div_rem(self, divisor: Self) -> Option<(Self, Self)> {
        if divisor.is_zero() {
            None
        } else if self.high == 0 && divisor.high == 0 {
            let (quotient, remainder) = (self.low / divisor.low, self.low % divisor.low);
            Some((Self { high: 0, low: quotient }, Self { high: 0, low: remainder }))
        } else if self < divisor {
            Some((Self::ZERO, self))
        } else if divisor.high == 0 && divisor.low <= LIMB {
            Some(self.div_rem_limb(divisor.low))
        } else {
            Some(self.div_rem_long(divisor))
        }
    }

    /// The greatest common divisor, by Euclid; that of zero and `n` is `n`.
    pub(crate) fn gcd(self, other: Self) -> Self {
        let (mut larger, mut smaller) = (self, other);
        while let Some((_, remainder)) = larger.checked_div_rem(smaller) {
            (larger, smaller) = (smaller, remainder);
        }
        larger
    }

    /// Division by one limb, from the most significant limb down. `divisor` is not zero and below 2^64.
    fn div_rem_limb(self, divisor: u128) -> (Self, Self) {
        let mut quotient = [0; 4];
        let mut remainder = 0;
        for (digit, limb) in quotient.iter_mut().zip(self.limbs()).rev() {
            let part = (remainder << 64) | u128::from(limb);
            *digit = low_limb(part / divisor);
            remainder = part % divisor;
        }
        (Self::from_limbs(quotient), Self { high: 0, low: remainder })
    }

    /// Division by a divisor of at least two limbs, at most the dividend.
    fn div_rem_long(self, divisor: Self) -> (Self, Self) {
        let divisor_limbs = divisor.limbs();
        let length = 4 - divisor_limbs.iter().rev().take_while(|limb| **limb == 0).count();
        let shift = divisor_limbs[length - 1].leading_zeros();
        let divisor = shifted_left::<4>(divisor_limbs, shift);
        let mut rest = shifted_left::<5>(self.limbs(), shift);
        let mut quotient = [0; 4];
        for place in (0..=4 - length).rev() {
            let guess = guess_digit(&rest[place..=place + length], &divisor[..length]);
            quotient[place] = subtract_multiple(&mut rest[place..=place + length], &divisor[..length], guess);
        }
        (Self::from_limbs(quotient), Self::from_limbs(shifted_right(rest, shift)))
    }

    const fn limbs(self) -> Limbs<4> {
        [low_limb(self.low), low_limb(self.low >> 64), low_limb(self.high), low_limb(self.high >> 64)]
    }

    fn from_limbs([first, second, third, fourth]: Limbs<4>) -> Self {
        let join = |low: u64, high: u64| (u128::from(high) << 64) | u128::from(low);
        Self { high: join(third, fourth), low: join(first, second) }
    }
}

const LIMB: u128 = u64::MAX as u128;

#[allow(clippy::cast_possible_truncation, reason = "the low 64 bits are what is asked for")]
const fn low_limb(value: u128) -> u64 {
    value as u64
}

/// The limbs times 2^shift (below 64), with room for `N` limbs.
fn shifted_left<const N: usize>(limbs: Limbs<4>, shift: u32) -> Limbs<N> {
    let limb = |place: usize| u128::from(limbs.get(place).copied().unwrap_or(0));
    let below = |place: usize| place.checked_sub(1).map_or(0, limb);
    array::from_fn(|place| low_limb((((limb(place) << 64) | below(place)) << shift) >> 64))
}

fn shifted_right(limbs: Limbs<5>, shift: u32) -> Limbs<4> {
    array::from_fn(|place| low_limb(((u128::from(limbs[place + 1]) << 64) | u128::from(limbs[place])) >> shift))
}

/// Knuth's D3: the quotient digit of `rest` (one limb longer) by `divisor`, at most one too large.
fn guess_digit(rest: &[u64], divisor: &[u64]) -> u64 {
    let length = divisor.len();
    let (top, next) = (u128::from(divisor[length - 1]), u128::from(divisor[length - 2]));
    let leading = (u128::from(rest[length]) << 64) | u128::from(rest[length - 1]);
    let (mut guess, mut remainder) = (leading / top, leading % top);
    while guess > LIMB || guess * next > ((remainder << 64) | u128::from(rest[length - 2])) {
        guess -= 1;
        remainder += top;
        if remainder > LIMB {
            break;
        }
    }
    low_limb(guess)
}

/// Knuth's D4 to D6: takes `guess` × `divisor` from `rest`, once less if that was one too many; the digit that was right.
fn subtract_multiple(rest: &mut [u64], divisor: &[u64], guess: u64) -> u64 {
    let (mut carry, mut borrow) = (0_u128, false);
    for (limb, factor) in rest.iter_mut().zip(divisor.iter().copied().chain([0])) {
        let product = u128::from(guess) * u128::from(factor) + carry;
        carry = product >> 64;
        let (difference, first) = limb.overflowing_sub(low_limb(product));
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*limb, borrow) = (difference, first || second);
    }
    if !borrow {
        return guess;
    }
    let mut carry = false;
    for (limb, addend) in rest.iter_mut().zip(divisor.iter().copied().chain([0])) {
        let (sum, first) = limb.overflowing_add(addend);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*limb, carry) = (sum, first || second);
    }
    guess - 1
}
