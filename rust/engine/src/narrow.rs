//! Short keys as words of 64 bits: telephone numbers, SIM cards, devices and meters mostly are. A word tells its key
//! whole, so that keys are compared in one operation and lie close together.
//!
//! Up to 7 bytes stand as they are below their number; 8 to 15 digits, also after a plus sign, 4 bits each.

use crate::buckets::FREE;

/// Bits of a word below those that tell how it is written.
const KIND: u32 = 60;
/// A digit 0 in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// Added to a digit, what does not reach the highest bit of its byte; added to anything higher, what does.
const PAST_NINE: u64 = 0x7676_7676_7676_7676;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// The word of a key; `FREE` where it has none.
#[inline]
pub fn word(key: &[u8]) -> u64 {
    let len = key.len() as u64;
    let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) else {
        return short(key) as u64 | (len + 1) << 56;
    };
    if len > 15 {
        return FREE;
    }
    let (mut head, tail) = (u64::from_le_bytes(*head) ^ ZEROS, u64::from_le_bytes(*tail) ^ ZEROS);
    let mut kind = len;
    if head as u8 == b'+' ^ b'0' {
        head &= !0xff;
        kind -= 8;
    }
    // A key of 8 bytes that starts with a plus ends with it too, and so has none.
    if (head.wrapping_add(PAST_NINE) | head | tail.wrapping_add(PAST_NINE) | tail) & HIGHEST != 0 {
        return FREE;
    }
    // Of the last 8 bytes those that are not among the first.
    let rest = packed(tail) >> (4 * (16 - len));
    kind << KIND | rest << 32 | packed(head)
}

/// The low halves of eight bytes.
#[inline]
const fn packed(digits: u64) -> u64 {
    let pairs = (digits | digits >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    (fours | fours >> 16) & 0xffff_ffff
}

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
        let have = ["", "0", "abcdefg", "46700000000", "+46700000000", "00000000", "000000000000000", "+00000000"];
        assert!(have.iter().all(|key| word(key.as_bytes()) != FREE));
        let have_none =
            ["abcdefgh", "4670000000a", "46700+00000", "++4670000000", "+4670000", "0000000000000000", "46700000é"];
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
