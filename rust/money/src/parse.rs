//! Reading a decimal from text, byte by byte.
//!
//! Files bring hundreds of millions of these, nearly all of them short, so a text of at most 19 characters is read in
//! one pass through a 64-bit register. Whatever that pass does not understand goes to a second reader, which accepts
//! the longest numbers and says precisely what is wrong with the others.

use crate::{Dec, MoneyError};

/// The raw value of a decimal: its integer count of 10^-12.
#[inline]
pub(crate) fn raw(text: &[u8]) -> Result<i128, MoneyError> {
    match short(text) {
        Some(raw) => Ok(raw),
        None => long(text),
    }
}

/// Powers of ten up to the scale, in 64 bits.
const POWERS: [u64; Dec::SCALE as usize + 1] = {
    let mut powers = [1; Dec::SCALE as usize + 1];
    let mut place = 1;
    while place < powers.len() {
        powers[place] = powers[place - 1] * 10;
        place += 1;
    }
    powers
};

#[inline]
fn short(text: &[u8]) -> Option<i128> {
    let (negative, unsigned) = sign(text);
    // 19 digits always fit 64 bits.
    if unsigned.len() > 19 {
        return None;
    }
    let (whole, rest) = digits(unsigned, 0);
    let (value, decimals) = match rest {
        [] if !unsigned.is_empty() => (whole, 0),
        [b'.', fraction @ ..] if unsigned.len() > 1 => {
            let (value, rest) = digits(fraction, whole);
            if !rest.is_empty() {
                return None;
            }
            (value, fraction.len())
        }
        _ => return None,
    };
    let unit = POWERS.get(POWERS.len().checked_sub(decimals + 1)?)?;
    let raw = i128::from(value) * i128::from(*unit);
    Some(if negative { -raw } else { raw })
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The leading digits, appended to `value`, and what follows them.
#[inline]
fn digits(mut text: &[u8], mut value: u64) -> (u64, &[u8]) {
    while let [digit @ b'0'..=b'9', rest @ ..] = text {
        value = value * 10 + u64::from(digit - b'0');
        text = rest;
    }
    (value, text)
}

#[cold]
fn long(text: &[u8]) -> Result<i128, MoneyError> {
    let quoted = || String::from_utf8_lossy(text).into();
    let (negative, unsigned) = sign(text);
    let point = unsigned.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point.and_then(|at| unsigned.split_at_checked(at)) {
        Some((whole, fraction)) => (whole, fraction.get(1..).unwrap_or_default()),
        None => (unsigned, [].as_slice()),
    };
    let is_number = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if !is_number(whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(MoneyError::NotADecimal { text: quoted() });
    }
    let scale = Dec::SCALE as usize;
    if fraction.iter().skip(scale).any(|digit| *digit != b'0') {
        return Err(MoneyError::TooManyDecimals { text: quoted() });
    }
    let padded = fraction.iter().chain(std::iter::repeat(&b'0')).take(scale);
    let magnitude = whole.iter().chain(padded).try_fold(0_i128, |value, digit| {
        value.checked_mul(10)?.checked_add(i128::from(digit - b'0')).filter(|value| *value <= Dec::MAX.raw())
    });
    let magnitude = magnitude.ok_or_else(|| MoneyError::too_large("read", String::from_utf8_lossy(text)))?;
    Ok(if negative { -magnitude } else { magnitude })
}
