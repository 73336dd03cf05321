//! From keys to who pays for what they use.

use super::index::Sought;
use super::keys::KeyRow;
use super::only::{Packing, Payer, Profile, Tenure};
use super::{Held, Holding, NONE, Subscribers};
use crate::buckets::FREE;
use crate::narrow;

impl Subscribers {
    /// What a key is looked for by. Memory is asked for what leads to its place, which will soon be needed.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub fn seek(&self, key: Option<&str>) -> Sought {
        let Some(key) = key else { return Sought::NONE };
        match narrow::word(key.as_bytes()) {
            FREE => {
                self.keys.expect(key);
                Sought::NONE
            }
            word => self.index.expect(word),
        }
    }

    /// What a key of digits is looked for by, if it has a word.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub fn seek_digits(&self, len: usize, head: [u8; 8], tail: [u8; 8]) -> Sought {
        self.index.expect(narrow::of_digits(len, head, tail))
    }

    /// Finds the keys that are where they are sought first; the others, which are told by their numbers, mean nothing yet.
    #[inline]
    pub fn find_first<'a, const N: usize>(
        &self,
        sought: &[Sought; N],
        (places, held): (&mut [u32; N], &mut [u64; N]),
        others: &'a mut [u8; N],
    ) -> &'a [u8] {
        let mut count = 0;
        for (number, sought) in sought.iter().enumerate() {
            let (place, packed, is_there) = self.index.find_first(*sought);
            (places[number], held[number]) = (place, packed);
            others[count] = number as u8;
            count += usize::from(!is_there);
        }
        &others[..count]
    }

    /// The place of a key that is sought, `NONE` if nobody ever had it; and its holding as it is packed, if holdings are.
    #[inline]
    pub fn find<'k>(&self, sought: Sought, key: impl Fn() -> Option<&'k str>) -> (u32, u64) {
        match if sought.word == FREE { None } else { self.index.find(sought) } {
            Some(found) => found,
            None if sought.word == FREE || self.keys.has_added() => self.found(self.place_by_name(key())),
            None => (NONE, 0),
        }
    }

    /// A place with the holding of its key as it is packed, if holdings are.
    #[inline]
    pub fn found(&self, place: u32) -> (u32, u64) {
        (place, if place == NONE { 0 } else { self.index.packed(place) })
    }

    /// How the holdings of all keys are packed; none if they are not, or some have changed.
    #[inline]
    pub fn packing(&self) -> Option<Packing> {
        self.index.packing().filter(|_| self.key_rows.is_none())
    }

    /// A tenure by its place.
    #[inline]
    pub fn tenure(&self, place: u32) -> &Tenure {
        self.tenures.get(place as usize).unwrap_or(&Tenure::NEVER)
    }

    fn place_by_name(&self, key: Option<&str>) -> u32 {
        key.and_then(|key| self.keys.code(key)).map_or(NONE, |code| self.index.place_of_code(code))
    }

    /// The place of a key.
    pub fn place_of(&self, key: Option<&str>) -> u32 {
        self.find(self.seek(key), || key).0
    }

    /// Asks for the place of a key, which will soon be needed.
    #[inline]
    pub fn expect_place(&self, place: u32) {
        self.index.expect_place(place);
    }

    /// The subscriptions of the key in a place, highest priority first; none where it is nobody's.
    #[inline]
    pub fn of_place(&self, place: u32) -> &[u32] {
        if place == NONE { &[] } else { self.of_key(self.index.code(place)) }
    }

    /// The subscriptions of a key's code.
    #[inline]
    pub(super) fn of_key(&self, code: u32) -> &[u32] {
        let place = code as usize;
        match self.key_rows.as_ref().and_then(|rows| rows.get(place)) {
            Some(row) => &row.subscriptions,
            None => &self.by_key[self.key_starts[place] as usize..self.key_starts[place + 1] as usize],
        }
    }

    /// Who pays for the usage of the key in a place, if it has but one holding, which is in force at an instant and needs
    /// no further thought.
    #[inline]
    pub fn payer(&self, place: u32, instant: i64) -> Payer {
        if place == NONE {
            return Payer::NONE;
        }
        let row = self.key_rows.as_ref().and_then(|rows| rows.get(self.index.code(place) as usize));
        if let Some(row) = row {
            return self.later_payer(row, instant);
        }
        let only = self.index.only(place);
        self.tenure(only.tenure()).payer(&only, instant)
    }

    #[cold]
    fn later_payer(&self, row: &KeyRow, instant: i64) -> Payer {
        let Some(Holding { held, .. }) = row.only.filter(|only| only.spans(instant)) else { return Payer::NONE };
        let profile = self.profiles.get(&Profile::of(&held)).unwrap_or(NONE);
        Payer { subscription: held.subscription, account: held.account, profile }
    }

    /// A profile by its number.
    #[inline]
    pub fn profile(&self, number: u32) -> Profile {
        self.profiles.all()[number as usize]
    }

    /// The holding of such a payer.
    #[inline]
    pub fn only_holding(&self, place: u32, instant: i64) -> Held {
        let Payer { subscription, account, profile } = self.payer(place, instant);
        if profile == NONE {
            return Held::NONE;
        }
        let Profile { plan, cycle, clock } = self.profile(profile);
        Held { subscription, plan, account, cycle, clock, ..Held::NONE }
    }

    /// The account that the key in a place belongs to; of several the first.
    #[inline]
    pub fn account_of(&self, place: u32) -> Option<u32> {
        let only = self.index.only(place).account().filter(|_| self.key_rows.is_none());
        let first = || self.subscriptions.account.get(*self.of_place(place).first()? as usize).copied();
        only.or_else(first)
    }
}
