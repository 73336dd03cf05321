//! Marks: small codes of what decides how rows are rated, billed and shared, so that it is found once for all of them.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::folded::Folded;

/// What rows of a lane have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Place among the compiled lanes' charges.
    pub charge: u32,
    /// The month that names their cycle.
    pub month: i32,
    /// Which of the lane's sets of agreements shares their lines.
    pub set: u32,
}

/// Marks by number, in order of arrival.
#[derive(Debug, Default)]
pub struct Marks {
    all: Vec<Mark>,
    numbers: HashMap<Mark, u32, BuildHasherDefault<Folded>>,
}

impl Marks {
    /// The number of a mark, the next one if it is new.
    pub fn number(&mut self, mark: Mark) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(mark).or_insert(next);
        if number == next {
            self.all.push(mark);
        }
        number
    }

    /// The mark of a number.
    #[inline]
    pub fn get(&self, number: u32) -> &Mark {
        &self.all[number as usize]
    }

    /// All, by number.
    pub fn into_inner(self) -> Vec<Mark> {
        self.all
    }
}
