//! The keys of rows on their way to who holds them. Each is asked for a block of rows before it is needed, so that memory
//! is not waited for, and in loops of few steps, so that the processor is busy with many at once.

use std::ops::Range;

use arrow_array::Array;

use crate::buckets::FREE;
use crate::column::Text;
use crate::subscriber::Subscribers;

/// Rows in a block.
pub const BLOCK: usize = 32;

/// The places of rows' keys, block by block; `NONE` where a key is null or unknown.
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
    Words(Box<[u64; BLOCK]>),
}

impl<'a> Holders<'a> {
    /// Those of so many rows.
    pub fn new(subscribers: &'a Subscribers, keys: &'a Text, rows: usize) -> Self {
        let found = match keys {
            Text::Same(_) | Text::Dictionary { .. } => Found::Places(keys.codes(rows, |key| subscribers.place_of(key))),
            Text::Small(_) | Text::Large(_) | Text::View(_) => Found::Words(Box::new([FREE; BLOCK])),
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
            (Found::Words(words), Text::Small(keys)) if keys.null_count() == 0 => {
                words.iter_mut().zip(rows).for_each(|(word, row)| *word = subscribers.seek(Some(keys.value(row))));
            }
            (Found::Words(words), keys) => {
                words.iter_mut().zip(rows).for_each(|(word, row)| *word = subscribers.seek(keys.get(row)));
            }
        }
    }

    /// The places of the next rows: of a block, or what is left of them.
    pub fn next_block(&mut self) -> ([u32; BLOCK], usize) {
        let (subscribers, keys, first) = (self.subscribers, self.keys, self.first);
        let len = BLOCK.min(self.rows - first);
        let mut block = [0; BLOCK];
        match &self.found {
            Found::Places(places) => block[..len].copy_from_slice(&places[first..first + len]),
            Found::Words(words) => {
                for (at, (place, &word)) in block[..len].iter_mut().zip(words.iter()).enumerate() {
                    *place = subscribers.place(word, || keys.get(first + at));
                }
            }
        }
        self.first += len;
        self.expect(self.first..(self.first + BLOCK).min(self.rows));
        (block, len)
    }

    /// The places of all rows.
    pub fn all(mut self) -> Vec<u32> {
        let mut all = Vec::with_capacity(self.rows);
        while self.first < self.rows {
            let (block, len) = self.next_block();
            all.extend_from_slice(&block[..len]);
        }
        all
    }
}
