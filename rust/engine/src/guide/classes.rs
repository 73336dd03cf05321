//! Codes that no charge tells apart.

use super::{numbered, signed};

/// Classes of a domain: a class for each code.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    /// Empty when there is only one class.
    pub(super) of_code: Vec<u32>,
    pub(super) count: usize,
}

impl Classes {
    /// Codes are in one class when the same candidates hold them. Sets are folded into 128-bit signatures.
    pub(super) fn new<'a>(size: usize, sets: impl Iterator<Item = Option<&'a [u32]>>) -> Self {
        let mut signatures = vec![0_u128; size];
        let mut tested = false;
        for (place, set) in sets.enumerate() {
            for &code in set.unwrap_or_default() {
                let signature = &mut signatures[code as usize];
                *signature = signed(*signature, place);
            }
            tested |= set.is_some();
        }
        if !tested {
            return Self { of_code: Vec::new(), count: 1 };
        }
        let (of_code, count) = numbered(&signatures);
        Self { of_code, count }
    }

    #[inline]
    pub(super) fn of(&self, code: u32) -> usize {
        if self.count == 1 { 0 } else { self.of_code[code as usize] as usize }
    }

    /// The classes that a set touches; all for no set.
    pub(super) fn of_set(&self, set: Option<&[u32]>) -> Vec<usize> {
        let Some(set) = set else { return (0..self.count).collect() };
        let mut classes: Vec<usize> = set.iter().map(|&code| self.of(code)).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}
