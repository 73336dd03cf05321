//! The only holding of a key, in as few bytes as a row of usage needs: they lie beside the key, for both are read once for
//! every record. What many holdings have in common lies apart, and mostly in the nearest cache.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Held, Holding, NONE};
use crate::clock::HORIZON;

/// The only holding of a key, whose plan is in its account's currency.
#[derive(Debug, Clone, Copy)]
pub struct Only {
    subscription: u32,
    account: u32,
    /// Place of its tenure; 0, which is never, for a key that leads to several holdings, to none, or to one that needs a
    /// closer look.
    tenure: u32,
}

impl Default for Only {
    fn default() -> Self {
        Self { subscription: NONE, account: NONE, tenure: 0 }
    }
}

impl Only {
    /// The place of its tenure.
    #[inline]
    pub fn tenure(&self) -> u32 {
        self.tenure
    }

    /// The account, unless there is no such holding.
    #[inline]
    pub fn account(&self) -> Option<u32> {
        (self.tenure != 0).then_some(self.account)
    }
}

/// How such holdings are packed into words of 64 bits: each of their numbers in as many as the largest needs.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    /// Bits of subscriptions, and of both these and accounts.
    subscription: u32,
    both: u32,
}

impl Packing {
    /// That of some holdings; none if their numbers are too large.
    pub fn of(all: &[Only]) -> Option<Self> {
        let held = || all.iter().filter(|only| only.tenure != 0);
        let bits = |number: fn(&Only) -> u32| u32::BITS - held().map(number).max().unwrap_or(0).leading_zeros();
        let subscription = bits(|only| only.subscription);
        let both = subscription + bits(|only| only.account);
        (both + bits(|only| only.tenure) <= u64::BITS && both < u64::BITS).then_some(Self { subscription, both })
    }

    /// A holding as a word; 0 where there is none.
    pub fn pack(self, only: &Only) -> u64 {
        if only.tenure == 0 {
            return 0;
        }
        let (account, tenure) = (u64::from(only.account), u64::from(only.tenure));
        tenure << self.both | account << self.subscription | u64::from(only.subscription)
    }

    /// The holding of a word.
    #[inline]
    pub fn unpack(self, word: u64) -> Only {
        let [mut subscription, mut account, mut tenure] = [[0]; 3];
        self.unpack_all(&[word], &mut subscription, &mut account, &mut tenure);
        Only { subscription: subscription[0], account: account[0], tenure: tenure[0] }
    }

    /// The subscriptions, accounts and places of tenures of some words.
    #[inline]
    pub fn unpack_all<const N: usize>(
        self,
        words: &[u64; N],
        subscriptions: &mut [u32; N],
        accounts: &mut [u32; N],
        tenures: &mut [u32; N],
    ) {
        let below = |bits: u32| (1_u64 << bits) - 1;
        let (of_subscription, of_both) = (below(self.subscription), below(self.both));
        for at in 0..N {
            subscriptions[at] = (words[at] & of_subscription) as u32;
            accounts[at] = ((words[at] & of_both) >> self.subscription) as u32;
            tenures[at] = (words[at] >> self.both) as u32;
        }
    }
}

/// Who pays for a row's usage, and on what profile; `NONE` where that is not for the key alone to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payer {
    pub subscription: u32,
    pub account: u32,
    pub profile: u32,
}

impl Payer {
    /// Nobody that the key alone tells.
    pub const NONE: Self = Self { subscription: NONE, account: NONE, profile: NONE };
}

/// What decides how usage is rated and billed, apart from who holds it: few among all holdings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile {
    pub plan: u32,
    pub cycle: u32,
    pub clock: u32,
}

impl Profile {
    /// That of a holding.
    pub fn of(held: &Held) -> Self {
        Self { plan: held.plan, cycle: held.cycle, clock: held.clock }
    }
}

/// A profile from an instant until another, as far as calendars reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenure {
    from: i64,
    until: i64,
    profile: u32,
}

impl Tenure {
    /// No tenure: it is in force at no instant.
    pub const NEVER: Self = Self { from: i64::MAX, until: i64::MIN, profile: NONE };

    /// Its profile, if it is in force at an instant; else `NONE`.
    #[inline]
    pub fn profile_at(&self, instant: i64) -> u32 {
        if self.from <= instant && instant < self.until { self.profile } else { NONE }
    }

    /// Who pays at an instant for what a key uses.
    #[inline]
    pub fn payer(&self, only: &Only, instant: i64) -> Payer {
        match self.profile_at(instant) {
            NONE => Payer::NONE,
            profile => Payer { subscription: only.subscription, account: only.account, profile },
        }
    }
}

/// Distinct values by number.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    /// The number of a value, the next one if it is new.
    pub fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(NONE);
        *self.numbers.entry(value).or_insert_with(|| {
            self.all.push(value);
            next
        })
    }

    /// The number of a value that has one.
    pub fn get(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// All values, by number.
    pub fn all(&self) -> &[T] {
        &self.all
    }
}

/// A key's holding.
pub fn only(holding: &Holding, profiles: &mut Numbered<Profile>, tenures: &mut Numbered<Tenure>) -> Only {
    let Holding { from, until, held, .. } = *holding;
    let (from, until) = (from.max(0), until.min(HORIZON));
    let tenure = Tenure { from, until, profile: profiles.number(Profile::of(&held)) };
    Only { subscription: held.subscription, account: held.account, tenure: tenures.number(tenure) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::index::Index;
    use super::*;
    use crate::buckets::FREE;
    use crate::names::Names;
    use crate::narrow;

    #[test]
    fn each_key_leads_to_its_holding_whether_it_can_be_packed_or_not() {
        let keys = Names::new(["46700000001", "short", "a key without a word", "46700000002"]);
        for large in [9_u32, 1 << 30] {
            let only =
                |number: u32| Only { subscription: large + number, account: large - number, tenure: large + number };
            let all = [only(0), Only::default(), only(2), only(3)];
            assert_eq!(Packing::of(&all).is_some(), large == 9);
            let index = Index::new(&keys, &all);
            for ((key, expected), code) in keys.all().zip(&all).zip(0..) {
                let word = narrow::word(key.as_bytes());
                let place = if word == FREE { None } else { index.find(index.expect(word)).map(|found| found.0) };
                let place = place.unwrap_or_else(|| index.place_of_code(code));
                let found = index.only(place);
                assert_eq!(
                    (index.code(place), found.tenure, found.account()),
                    (code, expected.tenure, expected.account())
                );
                assert!(expected.tenure == 0 || found.subscription == expected.subscription);
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(
            numbers in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u32>()), 0..9), bits in 0_u32..34,
        ) {
            let less = |number: u32| number.checked_shr(bits).unwrap_or(0);
            let only = |(subscription, account, tenure)| {
                Only { subscription: less(subscription), account: less(account), tenure: less(tenure) }
            };
            let all: Vec<_> = numbers.into_iter().map(only).chain([Only::default()]).collect();
            let Some(packing) = Packing::of(&all) else {
                prop_assert!(bits < 11);
                return Ok(());
            };
            for only in &all {
                let found = packing.unpack(packing.pack(only));
                prop_assert_eq!((found.tenure, found.account()), (only.tenure, only.account()));
                prop_assert!(only.tenure == 0 || found.subscription == only.subscription);
            }
        }
    }
}
