//! Short keys as words of 64 bits: telephone numbers, SIM cards, devices and meters mostly are. A word tells its key
//! whole, so that keys are compared in one operation and lie close together.
//!
//! Up to 7 bytes stand as they are below their number; 8 to 15 of them that are digits, or digits after a plus sign,
//! take 4 bits each.

use std::ops::RangeInclusive;

use crate::buckets::FREE;

/// Bits of a word below those that tell how it is written.
const KIND: u32 = 60;
/// The bit of a word that digits without a plus sign have.
const PLAIN: u64 = 1 << 63;
/// A digit 0 in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Lengths of keys of digits that have words.
pub const DIGITS: RangeInclusive<usize> = 8..=15;

/// The word of a key; `FREE` where it has none.
#[inline]
pub fn word(key: &[u8]) -> u64 {
    let len = key.len();
    let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) else {
        return short(key) as u64 | (len as u64 + 1) << 56;
    };
    if !DIGITS.contains(&len) {
        return FREE;
    }
    if head[0] != b'+' {
        return of_digits(len, *head, *tail);
    }
    let mut digits = *head;
    digits[0] = b'0';
    // Their number, less 8.
    of_digits(len, digits, *tail) & !PLAIN
}

/// The word of a key of digits that has one of the `DIGITS` lengths, by its first bytes and its last ones; `FREE` if others
/// are among them.
#[inline]
pub fn of_digits(len: usize, head: [u8; 8], tail: [u8; 8]) -> u64 {
    let (head, tail) = (u64::from_le_bytes(head) ^ ZEROS, u64::from_le_bytes(tail) ^ ZEROS);
    // Of the last 8 bytes those that are not among the first; a key of 8 has none.
    let rest = tail >> (4 * (16 - len)) >> (4 * (16 - len));
    packed(head, rest).map_or(FREE, |digits| (len as u64) << KIND | digits)
}

/// Sixteen bytes as numbers of 4 bits each, if none is above 9.
#[cfg(target_arch = "x86_64")]
#[inline]
fn packed(head: u64, rest: u64) -> Option<u64> {
    use std::arch::x86_64::{
        _mm_and_si128, _mm_cmpeq_epi8, _mm_cvtsi128_si64, _mm_movemask_epi8, _mm_or_si128, _mm_packus_epi16,
        _mm_set_epi64x, _mm_set1_epi8, _mm_set1_epi16, _mm_setzero_si128, _mm_srli_epi16, _mm_subs_epu8,
    };
    // SAFETY: every such processor has these instructions, and they touch no memory.
    unsafe {
        let digits = _mm_set_epi64x(rest.cast_signed(), head.cast_signed());
        let past_nine = _mm_subs_epu8(digits, _mm_set1_epi8(9));
        if _mm_movemask_epi8(_mm_cmpeq_epi8(past_nine, _mm_setzero_si128())) != 0xffff {
            return None;
        }
        let pairs = _mm_and_si128(_mm_or_si128(digits, _mm_srli_epi16::<4>(digits)), _mm_set1_epi16(0xff));
        Some(_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs)).cast_unsigned())
    }
}

/// The same for other processors.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn packed_by_words(head: u64, rest: u64) -> Option<u64> {
    // What does not reach the highest bit of its byte with a digit added to it, and does with anything higher.
    let beyond = |digits: u64| (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    // The low halves of eight bytes.
    let halves = |digits: u64| {
        let pairs = (digits | digits >> 4) & 0x00ff_00ff_00ff_00ff;
        let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
        (fours | fours >> 16) & 0xffff_ffff
    };
    (beyond(head) | beyond(rest) == 0).then(|| halves(rest) << 32 | halves(head))
}

#[cfg(not(target_arch = "x86_64"))]
use packed_by_words as packed;

/// The bytes of a key of up to 15 as a number, by loads of fixed widths: a copy of unknown length costs a call.
#[inline]
pub fn short(key: &[u8]) -> u128 {
    let len = key.len();
    if let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        let tail = u128::from(u64::from_le_bytes(*tail)) << (8 * (len - 8));
        return u128::from(u64::from_le_bytes(*head)) | tail;
    }
    if let (Some(head), Some(tail)) = (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        let tail = u128::from(u32::from_le_bytes(*tail)) << (8 * (len - 4));
        return u128::from(u32::from_le_bytes(*head)) | tail;
    }
    key.iter().rev().fold(0, |word, &byte| word << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_up_to_15_digits_and_texts_of_up_to_7_bytes_have_words() {
        let have =
            ["", "0", "abcdefg", "46700000000", "+46700000000", "00000000", "000000000000000", "+00000000", "+4670000"];
        assert!(have.iter().all(|key| word(key.as_bytes()) != FREE));
        let have_none =
            ["abcdefgh", "4670000000a", "46700+00000", "++4670000000", "+0000000", "0000000000000000", "46700000é"];
        assert!(have_none.iter().all(|key| word(key.as_bytes()) == FREE));
    }

    #[test]
    fn bytes_beside_the_digits_are_none() {
        for byte in 0..=255_u8 {
            for place in 1..12 {
                let mut key = *b"467000000000";
                key[place] = byte;
                assert_eq!(word(&key) != FREE, byte.is_ascii_digit());
            }
        }
    }

    proptest! {
        #[test]
        fn digits_are_packed_alike_everywhere(digits in prop::array::uniform16(prop_oneof![9 => 0_u8..=9, 1 => any::<u8>()])) {
            let (head, rest) = digits.split_at(8);
            let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
            prop_assert_eq!(packed(word(head), word(rest)), packed_by_words(word(head), word(rest)));
        }

        #[test]
        fn a_word_tells_its_key(keys in prop::collection::vec("[+]?[0-9]{0,16}|[0-9a+]{0,9}|\\PC{0,7}", 1..200)) {
            let mut known: HashMap<u64, String> = HashMap::new();
            for key in keys {
                let word = word(key.as_bytes());
                if word != FREE {
                    prop_assert_eq!(known.entry(word).or_insert_with(|| key.clone()), &key);
                }
            }
        }
    }
}
