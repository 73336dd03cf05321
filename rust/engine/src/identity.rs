//! Who a record and a line are: 128-bit fingerprints (XXH3-128) that depend on content alone.
//!
//! A line's id is its record's fingerprint XOR that of its charge, so that a record is hashed once for all its lines
//! and a charge once for all its records.

use twox_hash::XxHash3_128;

/// Between the parts of a name, as in ASCII: unit separator.
const SEPARATOR: char = '\u{1f}';

/// Spreads row numbers over 128 bits: the golden ratio's fraction.
const ROW_STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// The fingerprint of a text.
pub fn text(text: &str) -> u128 {
    XxHash3_128::oneshot(text.as_bytes())
}

/// Makes the fingerprints of identified records, one after the other.
#[derive(Debug, Default)]
pub struct Records {
    /// A source, what separates it from an id, and the id.
    text: Vec<u8>,
    /// The length of what comes before the id: many records in a row are of one source.
    before: usize,
}

impl Records {
    /// The fingerprint of the next one.
    #[inline]
    pub fn next(&mut self, source: &str, id: &str) -> u128 {
        self.text.truncate(self.before);
        if self.text.split_last().is_none_or(|(_, same)| same != source.as_bytes()) {
            self.text.clear();
            self.text.extend_from_slice(source.as_bytes());
            self.text.push(SEPARATOR as u8);
            self.before = self.text.len();
        }
        self.text.extend_from_slice(id.as_bytes());
        XxHash3_128::oneshot(&self.text)
    }
}

/// The fingerprint of a record without an id: its file's, and its row.
#[inline]
pub const fn row(file: u128, row: u64) -> u128 {
    file.wrapping_add((row as u128).wrapping_mul(ROW_STEP))
}

/// The fingerprint of a charge (`plan/charge`) in one segment of a record, or in one period.
pub fn charge(path: &str, segment: &str) -> u128 {
    text(&format!("{path}{SEPARATOR}{segment}"))
}

/// The id of a line.
#[inline]
pub const fn line(record: u128, charge: u128) -> [u8; 16] {
    (record ^ charge).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_changing_sources() {
        let mut records = Records::default();
        for (source, id) in [("", "7"), ("", ""), ("switch", "7"), ("switch", "8"), ("", "8"), ("switc", "h7")] {
            assert_eq!(records.next(source, id), text(&format!("{source}{SEPARATOR}{id}")));
        }
    }
}
