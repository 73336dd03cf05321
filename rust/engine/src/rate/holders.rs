//! The keys of rows on their way to who holds them. Each is asked for a block of rows before it is needed, so that memory
//! is not waited for, and in loops of few steps, so that the processor is busy with many at once.

use std::ops::Range;

use arrow_array::Array;

use crate::column::Text;
use crate::subscriber::{NONE, Sought, Subscribers};

/// Rows in a block.
pub const BLOCK: usize = 32;

/// What is found of the keys of a block of rows.
#[derive(Debug)]
pub struct Keys {
    /// How many rows there are: as many as a block has, but for the last one.
    pub len: usize,
    /// `NONE` where a key is null or unknown.
    pub places: [u32; BLOCK],
    /// Their holdings, as they are packed, if they are; 0 past the last row.
    pub held: [u64; BLOCK],
}

/// Rows' keys, block by block.
pub struct Holders<'a> {
    subscribers: &'a Subscribers,
    keys: &'a Text,
    rows: usize,
    /// The rows that come next.
    first: usize,
    found: Found,
}

/// What is known of keys before their rows.
enum Found {
    /// All: keys of a dictionary are looked for once a text.
    Places(Vec<u32>),
    /// What the keys of the next rows are looked for by.
    Sought(Box<[Sought; BLOCK]>),
}

impl Default for Keys {
    fn default() -> Self {
        Self { len: 0, places: [NONE; BLOCK], held: [0; BLOCK] }
    }
}

impl<'a> Holders<'a> {
    /// Those of so many rows.
    pub fn new(subscribers: &'a Subscribers, keys: &'a Text, rows: usize) -> Self {
        let found = match keys {
            Text::Same(_) | Text::Dictionary { .. } => Found::Places(keys.codes(rows, |key| subscribers.place_of(key))),
            Text::Small(_) | Text::Large(_) | Text::View(_) => Found::Sought(Box::new([Sought::NONE; BLOCK])),
        };
        let mut holders = Self { subscribers, keys, rows, first: 0, found };
        holders.expect(0..BLOCK.min(rows));
        holders
    }

    /// Asks for the keys of rows.
    fn expect(&mut self, rows: Range<usize>) {
        let subscribers = self.subscribers;
        match (&mut self.found, self.keys) {
            (Found::Places(places), _) => places[rows].iter().for_each(|&place| subscribers.expect_place(place)),
            (Found::Sought(all), Text::Small(keys)) if keys.null_count() == 0 => {
                all.iter_mut().zip(rows).for_each(|(one, row)| *one = subscribers.seek(Some(keys.value(row))));
            }
            (Found::Sought(all), keys) => {
                all.iter_mut().zip(rows).for_each(|(one, row)| *one = subscribers.seek(keys.get(row)));
            }
        }
    }

    /// Finds the keys of the next rows: of a block, or what is left of them.
    pub fn next_block(&mut self, block: &mut Keys) {
        let (subscribers, keys, first) = (self.subscribers, self.keys, self.first);
        let len = BLOCK.min(self.rows - first);
        let to = block.places.iter_mut().zip(&mut block.held);
        match &self.found {
            Found::Places(places) => {
                to.zip(&places[first..first + len]).for_each(|(to, &place)| {
                    (*to.0, *to.1) = subscribers.found(place);
                });
            }
            Found::Sought(all) => {
                to.zip(all.iter()).zip(first..first + len).for_each(|((to, &sought), row)| {
                    (*to.0, *to.1) = subscribers.find(sought, || keys.get(row));
                });
            }
        }
        block.len = len;
        block.held[len..].fill(0);
        self.first += len;
        self.expect(self.first..(self.first + BLOCK).min(self.rows));
    }

    /// The places of all rows' keys.
    pub fn all(mut self) -> Vec<u32> {
        let (mut all, mut block) = (Vec::with_capacity(self.rows), Keys::default());
        while self.first < self.rows {
            self.next_block(&mut block);
            all.extend_from_slice(&block.places[..block.len]);
        }
        all
    }
}
