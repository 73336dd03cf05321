//! A block of rows on their way to their counters: a column an array. Memory is asked for some blocks before it is needed.

use super::moves::{BY_ROW, Moves, NOBODYS};
use super::{Count, Item, Mine};
use crate::counter::{Counters, NOWHERE};
use crate::rate::holders::BLOCK;

/// Rows of a partition in a chunk, and where their counters are.
#[derive(Debug)]
pub(super) struct Turns {
    chunk: u32,
    /// Place of the first among the rows of its partition in the chunk.
    first: usize,
    pub len: usize,
    pub time: [i64; BLOCK],
    /// Whole units.
    pub billed: [i64; BLOCK],
    pub mark: [u32; BLOCK],
    pub row: [u32; BLOCK],
    /// Whose counter it moves: its account's or its subscription's, as the charge says.
    owner: [u32; BLOCK],
    /// `NOWHERE` for a row that moves none.
    pub place: [u32; BLOCK],
    /// Where it stands, and what the row costs by it, as soon as that is known.
    pub before: [i64; BLOCK],
    pub amount: [i64; BLOCK],
}

impl Turns {
    pub const NONE: Self = Self {
        chunk: 0,
        first: 0,
        len: 0,
        time: [0; BLOCK],
        billed: [0; BLOCK],
        mark: [0; BLOCK],
        row: [0; BLOCK],
        owner: [0; BLOCK],
        place: [NOWHERE; BLOCK],
        before: [0; BLOCK],
        amount: [0; BLOCK],
    };

    /// A row as one of a chunk, with its place in the lane and that among the rows of its partition there.
    #[inline]
    pub fn item(&self, mine: Mine, number: usize) -> Item {
        let (time, billed, mark) = (self.time[number], self.billed[number], self.mark[number]);
        let (row, ordinal) = (self.row[number] as u16, self.first + number);
        Item { time, billed, chunk: self.chunk, mark, row, at: mine.at(ordinal) as u16, ordinal: ordinal as u16 }
    }
}

impl Count<'_> {
    /// Reads the rows of a block, if there is one, and asks for what leads to their counters.
    pub(super) fn expect(&self, counters: &Counters, at: (u32, usize), turns: &mut Turns) {
        self.read(at, turns);
        let moves = &self.moves[turns.chunk as usize];
        if turns.len > 0 {
            for (&mark, &owner) in turns.mark.iter().zip(&turns.owner) {
                counters.expect(moves.kind(mark), owner);
            }
        }
    }

    /// Reads the rows of a block, if there is one.
    #[inline(never)]
    pub(super) fn read(&self, (chunk, block): (u32, usize), turns: &mut Turns) {
        let (lane, mine, moves) = (self.lane(chunk), self.mine(chunk), &self.moves[chunk as usize]);
        let first = block * BLOCK;
        let len = mine.len().saturating_sub(first).min(BLOCK);
        (turns.chunk, turns.first, turns.len) = (chunk, first, len);
        if len == 0 {
            return;
        }
        let all = first..first + len;
        match mine {
            Mine::First(_) => {
                turns.billed[..len].copy_from_slice(&lane.billed()[all.clone()]);
                turns.mark[..len].copy_from_slice(&lane.mark[all.clone()]);
                turns.row[..len].copy_from_slice(&lane.row[all.clone()]);
                turns.owner[..len].copy_from_slice(&lane.account[all]);
            }
            Mine::At(places) => {
                let billed = lane.billed();
                for (to, at) in places[all].iter().map(|&at| usize::from(at)).enumerate().take(BLOCK) {
                    (turns.billed[to], turns.mark[to]) = (billed[at], lane.mark[at]);
                    (turns.row[to], turns.owner[to]) = (lane.row[at], lane.account[at]);
                }
            }
        }
        let times = &self.chunks[chunk as usize].rows.time.values;
        turns.time.iter_mut().zip(&turns.row).take(len).for_each(|(to, &row)| *to = times[row as usize]);
        if moves.by_subscription {
            for number in (0..len).filter(|&number| moves.of[turns.mark[number] as usize].by_subscription) {
                turns.owner[number] = lane.subscription[mine.at(first + number)];
            }
        }
    }

    /// Finds the counters of a block, and asks for them; new ones start at zero.
    #[inline(never)]
    pub(super) fn find(&self, counters: &mut Counters, turns: &mut Turns) {
        let moves = &self.moves[turns.chunk as usize];
        let mut are_found = true;
        let rows = turns.mark.iter().zip(&turns.owner);
        for ((&mark, &owner), place) in rows.zip(&mut turns.place) {
            *place = counters.approach(moves.kind(mark), owner);
            are_found &= *place != NOWHERE;
        }
        if !are_found {
            for number in 0..turns.len {
                if turns.place[number] == NOWHERE {
                    turns.place[number] = self.find_slowly(counters, (moves, number), turns);
                }
            }
        }
    }

    /// The counter of a row that is new, or that of its own month; `NOWHERE` for a row that moves none.
    #[inline(never)]
    fn find_slowly(&self, counters: &mut Counters, (moves, number): (&Moves, usize), turns: &Turns) -> u32 {
        let mark = turns.mark[number];
        let kind = match moves.kind(mark) {
            NOBODYS => return NOWHERE,
            BY_ROW => {
                let of = &moves.of[mark as usize];
                let account = self.lane(turns.chunk).account[self.mine(turns.chunk).at(turns.first + number)];
                let subscribers = self.context(turns.chunk).subscribers;
                counters.kind(0, of.charge, subscribers.period_of(of.reset, account, turns.time[number]))
            }
            kind => kind,
        };
        counters.place_of(kind, turns.owner[number]) as u32
    }
}
