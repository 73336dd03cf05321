//! Names with codes, and the Arrow dictionaries made of them.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};

use crate::keys::Keys;

/// Names in order of their codes.
#[derive(Debug, Clone, Default)]
pub struct Names {
    keys: Keys,
    names: Vec<String>,
}

impl Names {
    /// Names in order; their codes are their places. The first of two equal ones counts.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for name in names {
            all.intern(name);
        }
        all
    }

    /// The code of a name, which gets the next one if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        let code = self.keys.intern(name);
        if code as usize == self.names.len() {
            self.names.push(name.to_owned());
        }
        code
    }

    /// The code of a name.
    pub fn code(&self, name: &str) -> Option<u32> {
        self.keys.get(name)
    }

    /// The codes of many names, `none` where there is no such name.
    pub fn codes<'k>(&self, names: impl Iterator<Item = Option<&'k str>>, none: u32) -> Vec<u32> {
        self.keys.codes(names, none)
    }

    /// The name of a code.
    pub fn name(&self, code: u32) -> Option<&str> {
        self.names.get(code as usize).map(String::as_str)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names, in order.
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// Puts the names in bytewise order; returns the new code of each old one.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..u32::try_from(self.names.len()).unwrap_or(u32::MAX)).collect();
        let name = |code: &u32| self.names.get(*code as usize).map(String::as_str);
        if order.is_sorted_by_key(name) {
            return order;
        }
        order.sort_unstable_by_key(name);
        let mut ranks = vec![0; order.len()];
        let mut sorted = Self::default();
        for old in &order {
            if let (Some(rank), Some(name)) = (ranks.get_mut(*old as usize), self.name(*old)) {
                *rank = sorted.intern(name);
            }
        }
        *self = sorted;
        ranks
    }

    /// The names as the values of a dictionary column.
    pub fn values(&self) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(&self.names))
    }
}
