//! Keys: which subscriptions pay for the usage of each, highest priority first.

use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};

use super::index::Index;
use super::only::{Numbered, Tenure, only};
use super::read::Problems;
use super::subscriptions::{Rows, TABLE};
use super::{Holding, NONE, Subscribers};
use crate::error::Result;
use crate::few::Few;
use crate::names::Names;

/// A key that is changed, or new.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Highest priority first; none if the key is nobody's any more.
    pub subscriptions: Few<u32>,
    /// Their only holding, if it needs no further thought.
    pub only: Option<Holding>,
}

impl Subscribers {
    /// Pairs of (key, subscription), sorted into runs by key; rows are of these subscriptions.
    pub(super) fn add_keys(&mut self, rows: &Rows, of_rows: &[u32], problems: &mut Problems) -> Result<()> {
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(rows.count);
        let mut keys = Names::with_capacity(rows.count);
        rows.columns.each_key(|row, key, ahead| {
            if let Some(ahead) = ahead {
                keys.expect(ahead);
            }
            if let Some(&subscription) = of_rows.get(row).filter(|&&subscription| subscription != NONE) {
                pairs.push((keys.intern(key), subscription));
            }
        })?;
        let rank = |&(key, subscription): &(u32, u32)| (key, self.rank(subscription));
        if !pairs.is_sorted_by_key(rank) {
            pairs.sort_by_key(rank);
        }
        pairs.dedup();
        let mut starts = vec![0_u32; keys.len() + 1];
        for pair in &pairs {
            starts[pair.0 as usize + 1] += 1;
        }
        for k in 1..starts.len() {
            starts[k] += starts[k - 1];
        }
        self.key_starts = starts.into();
        self.by_key = pairs.into_iter().map(|pair| pair.1).collect();
        let (mut profiles, mut tenures) = (Numbered::default(), Numbered::default());
        tenures.number(Tenure::NEVER);
        let mut only = |holding: &Holding| only(holding, &mut profiles, &mut tenures);
        let only = (0..keys.len() as u32).map(|key| self.only_of(self.of_key(key)).map(&mut only).unwrap_or_default());
        self.index = Arc::new(Index::new(&keys, &only.collect::<Vec<_>>()));
        self.keys = keys;
        (self.profiles, self.tenures) = (profiles.into(), tenures.all().into());
        for key in 0..u32::try_from(self.keys.len()).unwrap_or(u32::MAX) {
            if let Some(two) = self.equals(self.of_key(key)) {
                let row = self.row_of(rows, key, two.1)?;
                problems.add(TABLE, row, self.refused(key, two));
            }
        }
        Ok(())
    }

    /// The order of a key's subscriptions.
    pub(super) fn rank(&self, subscription: u32) -> (Reverse<i64>, u32) {
        (Reverse(self.subscriptions.priority[subscription as usize]), subscription)
    }

    /// The only holding of a key with these subscriptions, if its plan is in its account's currency.
    pub(super) fn only_of(&self, subscriptions: &[u32]) -> Option<&Holding> {
        let [subscription] = subscriptions else { return None };
        let [only] = self.holdings_of(*subscription) else { return None };
        Some(only).filter(|only| only.currency_fits)
    }

    /// Two subscriptions in order of rank that are held at one time with equal priority.
    pub(super) fn equals(&self, ranked: &[u32]) -> Option<(u32, u32)> {
        let priority = |subscription: u32| self.subscriptions.priority[subscription as usize];
        let overlap = |x: &Holding, y: &Holding| x.from < y.until && y.from < x.until;
        let both =
            |a: u32, b: u32| self.holdings_of(a).iter().any(|x| self.holdings_of(b).iter().any(|y| overlap(x, y)));
        let after = |place: usize, a: u32| {
            let equal = ranked.iter().skip(place + 1).take_while(move |&&b| priority(a) == priority(b));
            equal.copied().find(|&b| both(a, b)).map(|b| (a, b))
        };
        ranked.iter().enumerate().find_map(|(place, &a)| after(place, a))
    }

    /// Why a key may not lead to two subscriptions.
    pub(super) fn refused(&self, key: u32, (a, b): (u32, u32)) -> String {
        let of = |subscription: u32| self.subscriptions.names.name(subscription).unwrap_or_default();
        let key = self.keys.name(key).unwrap_or_default();
        format!("key {key:?} leads to {:?} and {:?} at one time with equal priority", of(a), of(b))
    }

    /// The first row in which a subscription has a key.
    fn row_of(&self, rows: &Rows, key: u32, subscription: u32) -> Result<Option<usize>> {
        let (key, id) = (self.keys.name(key), self.subscriptions.names.name(subscription));
        let mut found = None;
        rows.columns.each_key(|row, own, _| {
            if found.is_none() && Some(own) == key && rows.id(row) == id {
                found = Some(row);
            }
        })?;
        Ok(found)
    }
}

/// What leads back from accounts to subscriptions, and from these to keys, as an engine was compiled. Only changes need
/// it, so it is made for the first of them.
#[derive(Debug, Default)]
pub struct Links {
    subscriptions: OnceLock<Runs>,
    keys: OnceLock<Runs>,
}

/// Lists by code.
#[derive(Debug)]
struct Runs {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Runs {
    fn new(lists: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0_u32; lists + 2];
        for (list, _) in pairs.clone() {
            starts[list as usize + 2] += 1;
        }
        for list in 2..starts.len() {
            starts[list] += starts[list - 1];
        }
        let mut all = vec![0; starts.last().map_or(0, |&end| end as usize)];
        for (list, value) in pairs {
            let place = &mut starts[list as usize + 1];
            all[*place as usize] = value;
            *place += 1;
        }
        Self { starts, all }
    }

    fn of(&self, list: u32) -> &[u32] {
        let range = self.starts.get(list as usize).zip(self.starts.get(list as usize + 1));
        range.and_then(|(&start, &end)| self.all.get(start as usize..end as usize)).unwrap_or_default()
    }
}

impl Subscribers {
    /// The subscriptions that an account held when the engine was compiled.
    pub(super) fn first_subscriptions_of(&self, account: u32) -> &[u32] {
        let pairs =
            || (0_u32..).zip(self.subscriptions.account.base()).map(|(subscription, &account)| (account, subscription));
        let accounts = self.accounts.owner.base().len();
        self.links.subscriptions.get_or_init(|| Runs::new(accounts, pairs())).of(account)
    }

    /// The keys that a subscription has.
    pub(super) fn keys_of(&self, subscription: u32) -> &[u32] {
        if let Some(row) = self.subscriptions.rows.as_ref().and_then(|rows| rows.get(subscription as usize)) {
            return &row.keys;
        }
        let of_key = |(key, run): (u32, &[u32])| {
            let range = run[0] as usize..run[1] as usize;
            self.by_key[range].iter().map(move |&subscription| (subscription, key))
        };
        let pairs = || (0_u32..).zip(self.key_starts.windows(2)).flat_map(of_key);
        let subscriptions = self.subscriptions.account.base().len();
        self.links.keys.get_or_init(|| Runs::new(subscriptions, pairs())).of(subscription)
    }
}
