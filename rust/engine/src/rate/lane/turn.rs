//! Turns: rows that count, by partition of accounts, each with all that its counter needs to know of it. They lie as they
//! are read, so that a partition goes through its own rows only, and through memory from its start to its end.

use super::block::Block;
use crate::catalog::Scope;
use crate::compile::LaneCharge;
use crate::rate::chunk::partition_of;
use crate::rate::holders::BLOCK;

/// A row that counts: half a line of the cache.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    pub time: i64,
    /// Whole units.
    pub billed: i64,
    /// Whose counter it moves: its account's or its subscription's, as the charge says.
    pub owner: u32,
    /// Number of its mark.
    pub mark: u32,
    /// Its row in the chunk, which has no more of them than fit, and its place in the lane.
    pub row: u16,
    pub at: u16,
}

impl Turn {
    const NONE: Self = Self { time: 0, billed: 0, owner: 0, mark: 0, row: 0, at: 0 };
}

/// Whose counters rows of a mark move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Nobody,
    Account,
    Subscription,
}

impl Owner {
    /// That of a charge.
    pub fn of(charge: &LaneCharge) -> Self {
        match charge.counted.map(|counted| counted.scope) {
            None => Self::Nobody,
            Some(Scope::Account) => Self::Account,
            Some(Scope::Subscription | Scope::Record) => Self::Subscription,
        }
    }
}

/// The rows of a chunk that count, as they are laid out.
#[derive(Debug)]
pub struct Turns {
    parts: Vec<Part>,
    /// Rows that a partition is likely to have.
    room: usize,
}

/// The rows of one partition, and what is laid ready for the next: to fill a few pages at once is quicker than to wait
/// for the memory of each row.
#[derive(Debug, Default)]
struct Part {
    all: Vec<Turn>,
    len: usize,
}

/// Rows laid ready at once: some blocks.
const STEP: usize = 16 * BLOCK;

impl Turns {
    /// None yet, of a chunk of so many rows.
    pub fn new(rows: usize, partitions: usize) -> Self {
        let room = if rows < STEP { BLOCK } else { rows / partitions + rows / 16 + STEP };
        Self { parts: (0..partitions).map(|_| Part::default()).collect(), room }
    }

    /// Adds those rows of a block that fit and count. The block's first has this number, and the first that fits this
    /// place in the lane; theirs are these times, and by mark these owners.
    #[inline(never)]
    pub fn add(&mut self, block: &Block, (first, place): (usize, usize), times: &[i64], owners: &[Owner]) {
        for part in self.parts.iter_mut().filter(|part| part.all.len() < part.len + BLOCK) {
            if part.all.is_empty() {
                part.all.reserve(self.room);
            }
            part.all.resize(part.len + STEP.min(self.room), Turn::NONE);
        }
        let partitions = self.parts.len();
        let (first, mut next) = (first as u16, place as u16);
        for (number, &time) in times.iter().enumerate().take(BLOCK) {
            if !block.fits[number] {
                continue;
            }
            let (row, at) = (first.wrapping_add(number as u16), next);
            next = next.wrapping_add(1);
            let mark = block.mark[number];
            let owner = match owners[mark as usize] {
                Owner::Nobody => continue,
                Owner::Account => block.account[number],
                Owner::Subscription => block.subscription[number],
            };
            let part = &mut self.parts[partition_of(block.account[number], partitions)];
            part.all[part.len] = Turn { time, billed: block.billed[number], owner, mark, row, at };
            part.len += 1;
        }
    }

    /// All of them, by partition; nothing where none counts.
    pub fn into_parts(self) -> Vec<Vec<Turn>> {
        if self.parts.iter().all(|part| part.len == 0) {
            return Vec::new();
        }
        let only = |Part { mut all, len }: Part| {
            all.truncate(len);
            all
        };
        self.parts.into_iter().map(only).collect()
    }
}
