//! What records say, as fingerprints: they tell whether two records of one identity are duplicates or in conflict.
//!
//! A fingerprint is a sum to which the time and every mapped column add a number, each in a way of its own. So columns
//! are looked at one after the other, it does not matter how they lie in memory, and what is the same for all rows is
//! looked at once.

use super::super::rows::Rows;
use crate::column::{Cell, Cells, ONE, Text};
use crate::keys::{fold, word_of};

/// Makes the words of one column differ from those of the others: the golden ratio's fraction.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
/// A word that no text has, for the length that it begins with would be above 15, and no number, for it would be far
/// beyond 38 digits; and what makes such words of texts that are no fine numbers.
const NULL: u128 = 0x80 << 120;
const UNFIT: u128 = 0x90 << 120;

/// The fingerprint of each row.
pub fn contents(rows: &Rows) -> Vec<u64> {
    let mut sums = Sums { of_all: 0, of_each: vec![0; rows.len], salt: 0 };
    sums.add_numbers(&rows.time.cells, rows.time.text.as_ref(), |row| i128::from(rows.time.values[row]));
    for numbers in [&rows.quantity, &rows.amount, &rows.duration] {
        // The raw values of integers are made only if somebody asks for them.
        match &numbers.whole {
            Some(whole) => sums.add_numbers(&numbers.cells, numbers.text.as_ref(), |row| i128::from(whole[row]) * ONE),
            None => sums.add_numbers(&numbers.cells, numbers.text.as_ref(), |row| numbers.values[row]),
        }
    }
    let attributes = rows.by_name.iter().map(|&place| &rows.attributes[place]);
    for text in [&rows.key, &rows.service, &rows.destination, &rows.territory].into_iter().chain(attributes) {
        sums.add_text(text);
    }
    sums.finish()
}

/// Sums in the making.
struct Sums {
    of_all: u64,
    of_each: Vec<u64>,
    /// That of the column before.
    salt: u128,
}

impl Sums {
    fn add_text(&mut self, text: &Text) {
        self.salt = self.salt.wrapping_add(STEP);
        let salt = self.salt;
        let print = |text: Option<&str>| fold(salt ^ text.map_or(NULL, |text| word_of(text.as_bytes())));
        if let Text::Same(text) = text {
            self.of_all = self.of_all.wrapping_add(print(text.as_deref()));
            return;
        }
        let prints = text.codes(self.of_each.len(), print);
        self.of_each.iter_mut().zip(prints).for_each(|(sum, print)| *sum = sum.wrapping_add(print));
    }

    fn add_numbers(&mut self, cells: &Cells, text: Option<&Text>, value: impl Fn(usize) -> i128) {
        self.salt = self.salt.wrapping_add(STEP);
        let salt = self.salt;
        let word = |row: usize| match cells.get(row) {
            Cell::Fine => value(row).cast_unsigned(),
            Cell::Null => NULL,
            _ => text.and_then(|text| text.get(row)).map_or(UNFIT, |text| word_of(text.as_bytes()) ^ UNFIT),
        };
        if cells.are_all_null() {
            self.of_all = self.of_all.wrapping_add(fold(salt ^ NULL));
        } else {
            let sums = self.of_each.iter_mut().enumerate();
            sums.for_each(|(row, sum)| *sum = sum.wrapping_add(fold(salt ^ word(row))));
        }
    }

    fn finish(mut self) -> Vec<u64> {
        self.of_each.iter_mut().for_each(|sum| *sum = sum.wrapping_add(self.of_all));
        self.of_each
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray};

    use super::*;
    use crate::column::Numbers;

    fn prints(texts: &[Text], numbers: &[Numbers]) -> Vec<u64> {
        let mut sums = Sums { of_all: 0, of_each: vec![0; 3], salt: 0 };
        for text in texts {
            sums.add_text(text);
        }
        for own in numbers {
            sums.add_numbers(&own.cells, own.text.as_ref(), |row| own.values[row]);
        }
        sums.finish()
    }

    fn small(texts: [Option<&str>; 3]) -> Text {
        Text::Small(StringArray::from(texts.to_vec()))
    }

    #[test]
    fn it_does_not_matter_how_a_column_lies_in_memory() {
        let long = "a text that is longer than sixteen bytes";
        for text in [Some("a"), Some(""), Some(long), None] {
            let plain = prints(&[small([text; 3])], &[]);
            let same = Text::Same(text.map(str::to_owned));
            let values = Box::new(small([Some("b"), text, None]));
            assert_eq!(plain, prints(&[same], &[]), "{text:?}");
            assert_eq!(plain, prints(&[Text::Dictionary { values, codes: vec![1; 3] }], &[]), "{text:?}");
        }
        assert_eq!(prints(&[], &[Numbers::nulls(3)])[0], {
            let mut one = Numbers::nulls(3);
            one.cells = Cells::default();
            one.cells.set(0, 3, Cell::Null);
            prints(&[], &[one])[0]
        });
    }

    #[test]
    fn whatever_differs_can_be_seen() {
        let texts =
            [None, Some(""), Some("a"), Some("b"), Some("\0"), Some("a text that is longer than sixteen bytes")];
        let each = |text| [small([text; 3]), small([Some("a"); 3])];
        let mut found: Vec<u64> = texts.iter().map(|&text| prints(&each(text), &[])[0]).collect();
        found.extend(texts.iter().map(|&text| prints(&[small([Some("c"); 3]), small([text; 3])], &[])[0]));
        let fine = |raw: i128| Numbers { values: vec![raw; 3].into(), ..Numbers::default() };
        let two = |(a, b): (i128, i128)| prints(&[], &[fine(a), fine(b)])[0];
        found.extend([(1, 2), (2, 1), (0, 0), (-1, 0), (1 << 124, 0), (-(1 << 124), 0)].map(two));
        found.push(prints(&[], &[Numbers::nulls(3), fine(0)])[0]);
        found.extend(["", "\0", "-", "no number"].map(|text| {
            let texts: ArrayRef = Arc::new(StringArray::from(vec![text; 3]));
            prints(&[], &[Numbers::read("amount", &texts, None).unwrap(), fine(0)])[0]
        }));
        let kinds = found.len();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), kinds);
    }
}
