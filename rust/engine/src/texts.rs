//! Texts one after the other in one piece of memory: a subscriber's name is shorter than what a text of its own takes.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

/// Texts by place.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    all: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// None yet; for so many.
    pub fn with_capacity(texts: usize) -> Self {
        Self { all: String::new(), ends: Vec::with_capacity(texts) }
    }

    /// One more.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    /// A text by its place.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.all.get(start..end)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The same as an Arrow array.
    pub fn array(&self) -> ArrayRef {
        let offsets = std::iter::once(0).chain(self.ends.iter().copied()).map(i32::try_from);
        let offsets = offsets.collect::<Result<Vec<_>, _>>().ok().map(|all| OffsetBuffer::new(ScalarBuffer::from(all)));
        let bytes = || Buffer::from(self.all.as_bytes());
        match offsets.and_then(|offsets| StringArray::try_new(offsets, bytes(), None).ok()) {
            Some(array) => Arc::new(array),
            None => array(self.iter()),
        }
    }
}

/// Texts as an Arrow array.
pub fn array<'n>(texts: impl Iterator<Item = &'n str>) -> ArrayRef {
    let mut values = StringBuilder::with_capacity(texts.size_hint().0, 16 * texts.size_hint().0);
    texts.for_each(|text| values.append_value(text));
    Arc::new(values.finish())
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;

    #[test]
    fn texts_come_out_as_they_went_in() {
        let given = ["", "a", "žluťoučký kůň", "", "z"];
        let mut texts = Texts::with_capacity(2);
        for text in given {
            texts.push(text);
        }
        assert!(texts.iter().eq(given));
        assert_eq!((texts.len(), texts.get(2), texts.get(5)), (5, Some(given[2]), None));
        assert!(texts.array().as_string::<i32>().iter().flatten().eq(given));
        assert_eq!(Texts::default().array().len(), 0);
    }
}
