//! The keys of rows on their way to who holds them. Each is asked for a block of rows before it is needed, so that memory
//! is not waited for, and in loops of few steps, so that the processor is busy with many at once.

use std::ops::Range;

use arrow_array::{Array, StringArray};

use crate::buckets::FREE;
use crate::column::Text;
use crate::narrow;
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
                if !expect_alike(subscribers, keys, rows.clone(), all) {
                    all.iter_mut().zip(rows).for_each(|(one, row)| *one = subscribers.seek(Some(keys.value(row))));
                }
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
        match &self.found {
            Found::Places(places) => {
                let to = block.places.iter_mut().zip(&mut block.held);
                to.zip(&places[first..first + len]).for_each(|(to, &place)| {
                    (*to.0, *to.1) = subscribers.found(place);
                });
            }
            Found::Sought(all) => {
                let to = (&mut block.places, &mut block.held);
                for number in subscribers.find_first(all, to, &mut [0; BLOCK]).iter().map(|&number| usize::from(number))
                {
                    if number < len {
                        let found = subscribers.find(all[number], || keys.get(first + number));
                        (block.places[number], block.held[number]) = found;
                    }
                }
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

/// Asks for the keys of a block of rows, if all of them are digits, and as many as the first has: numbers of one kind
/// mostly are.
fn expect_alike(subscribers: &Subscribers, keys: &StringArray, rows: Range<usize>, to: &mut [Sought; BLOCK]) -> bool {
    let Some(offsets) = keys.value_offsets().get(rows.start..rows.start + BLOCK + 1) else { return false };
    let [first, second, ..] = *offsets else { return false };
    let length = second - first;
    let others = offsets.windows(2).fold(0, |others, pair| others | ((pair[1] - pair[0]) ^ length));
    let (first, len) = (first.cast_unsigned() as usize, length.cast_unsigned() as usize);
    if others != 0 || !narrow::DIGITS.contains(&len) {
        return false;
    }
    let Some(bytes) = keys.value_data().get(first..first + BLOCK * len) else { return false };
    let mut are_digits = true;
    for (to, key) in to.iter_mut().zip(bytes.chunks_exact(len)) {
        let (Some(head), Some(tail)) = (key.first_chunk(), key.last_chunk()) else { return false };
        *to = subscribers.seek_digits(len, *head, *tail);
        are_digits &= to.word != FREE;
    }
    are_digits
}
