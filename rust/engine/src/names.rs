//! Names with codes, and the Arrow dictionaries made of them.
//!
//! Names that are copied share what they had until then, whatever either learns later: ten million subscribers are
//! indexed once, and an engine with a thousand new ones holds just those beside them.

mod added;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, OnceLock};

use arrow_array::ArrayRef;
use rayon::prelude::*;

use self::added::Added;
use crate::folded::Folded;
use crate::keys::Keys;
use crate::texts::{Texts, array};

/// Names in order of their codes.
#[derive(Debug, Clone)]
pub struct Names {
    base: Arc<Base>,
    /// Names after those of the base.
    added: Added,
    /// All names, once they were asked for as an array.
    values: OnceLock<ArrayRef>,
}

/// Names that may be shared.
#[derive(Debug, Clone)]
struct Base {
    keys: Keys,
    names: Texts,
    values: OnceLock<ArrayRef>,
}

impl Default for Names {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// Codes up to this many get a dictionary of their own names where that of all is not made yet.
const FEW: usize = 1_024;

impl Names {
    /// None yet; for so many.
    pub fn with_capacity(names: usize) -> Self {
        let (keys, texts) = (Keys::with_capacity(names), Texts::with_capacity(names));
        let base = Base { keys, names: texts, values: OnceLock::new() };
        Self { base: Arc::new(base), added: Added::default(), values: OnceLock::new() }
    }

    /// Names in order; their codes are their places. The first of two equal ones counts.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for name in names {
            all.intern(name);
        }
        all
    }

    /// Puts the names in bytewise order; returns the new code of each old one.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        let name = |code: &u32| self.name(*code);
        if order.is_sorted_by_key(name) {
            return order;
        }
        order.par_sort_unstable_by_key(name);
        let mut ranks = vec![0; order.len()];
        let mut sorted = Self::with_capacity(order.len());
        for old in &order {
            if let (Some(rank), Some(name)) = (ranks.get_mut(*old as usize), self.name(*old)) {
                *rank = sorted.intern(name);
            }
        }
        *self = sorted;
        ranks
    }

    /// The code of a name, which gets the next one if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        match Arc::get_mut(&mut self.base) {
            Some(base) if self.added.len == 0 => base.intern(name),
            _ => self.code(name).unwrap_or_else(|| self.add(name)),
        }
    }

    fn add(&mut self, name: &str) -> u32 {
        let code = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.added.push(name, code);
        self.values.take();
        code
    }

    /// The code of a name.
    #[inline]
    pub fn code(&self, name: &str) -> Option<u32> {
        self.base.keys.get(name).or_else(|| self.added.code(name, self.base.names.len()))
    }

    /// Asks for what a look at a name will need soon.
    pub fn expect(&self, name: &str) {
        self.base.keys.expect(name);
    }

    /// Whether some were added to those of the base.
    #[inline]
    pub fn has_added(&self) -> bool {
        self.added.len > 0
    }

    /// The name of a code.
    pub fn name(&self, code: u32) -> Option<&str> {
        let (code, base) = (code as usize, &self.base.names);
        base.get(code).or_else(|| self.added.name(code.checked_sub(base.len())?))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.base.names.len() + self.added.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All names, in order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.base.names.iter().chain(self.added.all())
    }

    /// The names as the values of a dictionary column; made once.
    pub fn values(&self) -> ArrayRef {
        if self.added.len == 0 { self.base.values() } else { self.values.get_or_init(|| array(self.all())).clone() }
    }

    /// Codes (null where negative) and the values that they lead to: all names, or for a few codes those of them where
    /// names were added and nobody has asked for all yet.
    pub fn dictionary(&self, codes: Vec<i32>) -> (Vec<i32>, ArrayRef) {
        if self.added.len == 0 || codes.len() > FEW || self.values.get().is_some() {
            return (codes, self.values());
        }
        let mut places: HashMap<i32, i32, BuildHasherDefault<Folded>> = HashMap::default();
        let mut found = Vec::new();
        let mut place = |code: i32| {
            let next = i32::try_from(found.len()).unwrap_or(-1);
            let Ok(known) = u32::try_from(code) else { return -1 };
            *places.entry(code).or_insert_with(|| {
                found.push(self.name(known).unwrap_or_default());
                next
            })
        };
        let codes = codes.into_iter().map(&mut place).collect();
        (codes, array(found.into_iter()))
    }
}

impl Base {
    fn intern(&mut self, name: &str) -> u32 {
        let code = self.keys.intern(name);
        if code as usize == self.names.len() {
            self.names.push(name);
            self.values.take();
        }
        code
    }

    fn values(&self) -> ArrayRef {
        self.values.get_or_init(|| self.names.array()).clone()
    }
}

/// What the codes of a dictionary column lead to.
pub trait Values {
    /// The codes, perhaps others for the same values, and those values.
    fn dictionary(&self, codes: Vec<i32>) -> (Vec<i32>, ArrayRef);
}

impl Values for ArrayRef {
    fn dictionary(&self, codes: Vec<i32>) -> (Vec<i32>, ArrayRef) {
        (codes, self.clone())
    }
}

impl Values for Names {
    fn dictionary(&self, codes: Vec<i32>) -> (Vec<i32>, ArrayRef) {
        self.dictionary(codes)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;

    use super::*;

    #[test]
    fn copies_share_what_they_had_and_learn_alone() {
        let first = Names::new(["a", "b"]);
        let mut second = first.clone();
        assert_eq!((second.intern("b"), second.intern("c"), second.intern("c")), (1, 2, 2));
        let mut third = second.clone();
        assert_eq!(third.intern("d"), 3);
        assert_eq!((first.len(), second.len(), third.len()), (2, 3, 4));
        assert_eq!((first.code("c"), second.code("d"), third.code("d")), (None, None, Some(3)));
        assert_eq!(third.all().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(["d", "c", "a", "x"].map(|name| third.code(name)), [Some(3), Some(2), Some(0), None]);
        assert_eq!(second.values().len(), 3);
    }

    #[test]
    fn few_codes_take_only_their_names_along() {
        let mut names = Names::new(["a", "b"]).clone();
        let shared = names.clone();
        names.intern("c");
        let (codes, values) = names.dictionary(vec![2, -1, 0, 2]);
        assert_eq!(codes, [0, -1, 1, 0]);
        assert!(values.as_string::<i32>().iter().flatten().eq(["c", "a"]));
        assert_eq!(shared.dictionary(vec![1]).1.len(), 2);
    }

    #[test]
    fn a_new_name_is_in_the_values_that_were_made_before() {
        let mut names = Names::new(["b"]);
        assert_eq!(names.values().len(), 1);
        names.intern("a");
        assert_eq!(names.values().len(), 2);
        assert_eq!(names.sort(), [1, 0]);
        assert!(names.values().as_string::<i32>().iter().flatten().eq(["a", "b"]));
    }
}
