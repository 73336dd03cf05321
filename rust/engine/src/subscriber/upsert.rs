//! Upserts: rows that replace those of their ids, or are added, at a cost of what they touch.
//!
//! A row of an account replaces the account; the rows of a subscription replace its whole history and its keys. What
//! follows from a change is changed with it: the holdings of an account's other subscriptions, and the order of the
//! subscriptions of every key that is gained, kept or lost.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::accounts::{self, Account};
use super::keys::KeyRow;
use super::read::Problems;
use super::subscriptions::{self, Rows, Subscription, Terms, refuse_two_plans};
use super::{Context, Held, Holding, Profile, Subscribers};
use crate::catalog::Moment;
use crate::clock::TimeZone;
use crate::error::Result;
use crate::folded::Folded;
use crate::patches::Patches;

type Places = HashMap<u32, usize, BuildHasherDefault<Folded>>;
/// By key: the subscriptions that have it now, with the row that says so.
type Gains = HashMap<u32, Vec<(u32, Option<usize>)>, BuildHasherDefault<Folded>>;

/// A subscription that changes.
struct Change {
    subscription: u32,
    terms: Terms,
    /// In order of time; the place of each is its row, as long as it is not settled.
    holdings: Vec<Holding>,
    keys: Vec<u32>,
    /// The first row that names each key, if it is one of the upsert.
    rows: Vec<Option<usize>>,
}

/// Subscribers on their way to what they will be.
struct Upsert<'a> {
    context: &'a Context<'a>,
    all: Subscribers,
    problems: Problems,
    changes: Vec<Change>,
    /// By subscription: its place among the changes.
    places: Places,
}

impl Subscribers {
    /// These subscribers with other accounts and subscriptions upserted, which stay as they are themselves. All
    /// problems of the rows are reported at once.
    pub fn with(
        &self,
        context: &Context,
        accounts: Option<&RecordBatch>,
        subscriptions: Option<&RecordBatch>,
    ) -> Result<Self> {
        let (all, problems) = (self.clone(), Problems::default());
        let mut upsert = Upsert { context, all, problems, changes: Vec::new(), places: Places::default() };
        let moved = accounts.map(|table| upsert.accounts(table)).transpose()?.unwrap_or_default();
        if let Some(table) = subscriptions {
            upsert.subscriptions(table)?;
        }
        for (account, before) in moved {
            upsert.follow(account, before);
        }
        upsert.settle();
        upsert.problems.or(upsert.all)
    }
}

impl Upsert<'_> {
    /// Changes accounts; gives those whose currency, zone or cycle is another now, as they were.
    fn accounts(&mut self, table: &RecordBatch) -> Result<Vec<(u32, Account)>> {
        let rows = accounts::Rows::read(self.context, table)?;
        let mut patches = self.all.accounts.patches();
        let mut seen: HashSet<u32, BuildHasherDefault<Folded>> = HashSet::default();
        let mut moved = Vec::new();
        for row in 0..rows.count {
            let Some(id) = rows.id(row, &mut self.problems) else { continue };
            let account = rows.account(row, &mut self.all, &mut self.problems);
            let code = self.all.accounts.names.intern(id);
            if !seen.insert(code) {
                self.problems.add(accounts::TABLE, row, format!("account {id:?} is there twice"));
                continue;
            }
            let before = self.all.accounts.get(code);
            let same = |before: Account| {
                (before.clock, before.cycle, before.currency) == (account.clock, account.cycle, account.currency)
            };
            moved.extend(before.filter(|&before| !same(before)).map(|before| (code, before)));
            patches.set(code, account);
        }
        self.all.accounts = self.all.accounts.patched(patches);
        Ok(moved)
    }

    /// Reads the new histories and keys of subscriptions.
    fn subscriptions(&mut self, table: &RecordBatch) -> Result<()> {
        let rows = Rows::read(self.context, table)?;
        // Instants that were given for dates once do not move with a zone any more.
        let before = self.all.subscriptions.dates;
        self.all.subscriptions.dates = std::array::from_fn(|place| before[place] && rows.dates()[place]);
        for row in 0..rows.count {
            let Some((id, account, plan)) = rows.known(row, &self.all, &mut self.problems) else { continue };
            let subscription = self.all.subscriptions.names.intern(id);
            let change = if let Some(&place) = self.places.get(&subscription) {
                place
            } else {
                let terms = rows.terms(row, account, &mut self.all);
                self.begin(subscription, terms)
            };
            if self.changes[change].terms.account != account {
                let message = format!("subscription {id:?} has rows of two accounts");
                self.problems.add(subscriptions::TABLE, row, message);
            }
            let at = Held { subscription, plan, account, ..Held::NONE };
            let holding = rows.holding(row, at, &self.all, &mut self.problems);
            self.changes[change].holdings.push(holding);
        }
        for change in &mut self.changes {
            change.holdings.sort_by_key(|holding| (holding.from, holding.until));
            refuse_two_plans(&change.holdings, &self.all.subscriptions.names, &mut self.problems);
        }
        let (changes, places, all) = (&mut self.changes, &self.places, &mut self.all);
        rows.columns.each_key(|row, key, _| {
            let subscription = rows.id(row).and_then(|id| all.subscriptions.names.code(id));
            let place = subscription.and_then(|subscription| places.get(&subscription));
            if let Some(change) = place.and_then(|&place| changes.get_mut(place)) {
                let key = all.keys.intern(key);
                if !change.keys.contains(&key) {
                    change.keys.push(key);
                    change.rows.push(Some(row));
                }
            }
        })
    }

    fn begin(&mut self, subscription: u32, terms: Terms) -> usize {
        self.places.insert(subscription, self.changes.len());
        let (holdings, keys, rows) = Default::default();
        self.changes.push(Change { subscription, terms, holdings, keys, rows });
        self.changes.len() - 1
    }

    /// Lets an account's other subscriptions follow it into another currency, zone or cycle.
    fn follow(&mut self, account: u32, before: Account) {
        let added = self.all.added_to.get(&account).cloned().unwrap_or_default();
        let first = self.all.first_subscriptions_of(account).to_vec();
        for subscription in first.into_iter().chain(added) {
            let own = self.all.subscriptions.account.get(subscription as usize) == Some(&account);
            if !own || self.places.contains_key(&subscription) {
                continue;
            }
            let clocks = [before.clock, self.all.accounts.clock[account as usize]];
            let clocks = clocks.map(|clock| &self.context.clocks[clock as usize]);
            let [from, until, billed_until] = self.all.subscriptions.dates;
            let again = |holding: &Holding| {
                let span = (moved(holding.from, from, clocks), moved(holding.until, until, clocks));
                self.all.holding(self.context, holding.held, span)
            };
            let holdings = self.all.holdings_of(subscription).iter().map(again).collect();
            let terms = self.all.subscriptions.terms(subscription as usize);
            let keys = self.all.keys_of(subscription).to_vec();
            let terms = Terms { billed_until: moved(terms.billed_until, billed_until, clocks), ..terms };
            let change = self.begin(subscription, terms);
            (self.changes[change].rows, self.changes[change].holdings) = (vec![None; keys.len()], holdings);
            self.changes[change].keys = keys;
        }
    }

    /// Puts everything in its place, and then the keys in order.
    fn settle(&mut self) {
        if self.changes.is_empty() {
            return;
        }
        let mut keys: Vec<u32> = Vec::new();
        let mut patches = self.all.subscriptions.patches();
        for change in &mut self.changes {
            let Change { subscription, terms, holdings, keys: own, .. } = change;
            keys.extend(self.all.keys_of(*subscription).iter().chain(&*own));
            if self.all.subscriptions.account.get(*subscription as usize) != Some(&terms.account) {
                self.all.add_to(terms.account, *subscription);
            }
            // No place in the table that was compiled; any but NONE says that there is one.
            for holding in holdings.iter_mut() {
                holding.held.holding = 0;
            }
            let (holdings, keys) = (holdings.as_slice().into(), own.as_slice().into());
            let Terms { account, sold_by, introduced_by, priority, billed_until } = *terms;
            let row = Subscription { account, sold_by, introduced_by, priority, billed_until, holdings, keys };
            patches.set(*subscription, row);
        }
        self.all.subscriptions.patch(patches);
        keys.sort_unstable();
        keys.dedup();
        self.settle_keys(&keys);
    }

    fn settle_keys(&mut self, keys: &[u32]) {
        let mut gained = Gains::default();
        for change in &self.changes {
            for (&key, &row) in change.keys.iter().zip(&change.rows) {
                gained.entry(key).or_default().push((change.subscription, row));
            }
        }
        let mut patches = self.all.key_patches();
        for &key in keys {
            let gained = gained.remove(&key).unwrap_or_default();
            let others = self.all.subscriptions_of_key(key).iter().copied();
            let others = others.filter(|subscription| !self.places.contains_key(subscription));
            let mut ranked: Vec<u32> = others.chain(gained.iter().map(|gain| gain.0)).collect();
            ranked.sort_by_key(|&subscription| self.all.rank(subscription));
            if let Some(two) = self.all.equals(&ranked) {
                let row = gained.iter().rev().find(|gain| gain.0 == two.0 || gain.0 == two.1).and_then(|gain| gain.1);
                self.problems.add(subscriptions::TABLE, row, self.all.refused(key, two));
            }
            let only = self.all.only_of(&ranked).copied();
            if let Some(Holding { held, .. }) = &only {
                self.all.know_profile(Profile::of(held));
            }
            patches.set(key, KeyRow { subscriptions: ranked.as_slice().into(), only });
        }
        self.all.patch_keys(patches);
    }
}

/// An instant that was a date's midnight in one zone, as that date's midnight in another.
fn moved(instant: i64, is_date: bool, [before, after]: [&TimeZone; 2]) -> i64 {
    let ever = instant == i64::MIN || instant == i64::MAX;
    if ever || !is_date { instant } else { after.moment(Moment::Date(before.day(instant))) }
}

impl Subscribers {
    /// The subscriptions of a key's code, which may be a new one.
    fn subscriptions_of_key(&self, key: u32) -> &[u32] {
        let is_known = (key as usize) + 1 < self.key_starts.len()
            || self.key_rows.as_ref().is_some_and(|rows| rows.get(key as usize).is_some());
        if is_known { self.of_key(key) } else { &[] }
    }

    fn add_to(&mut self, account: u32, subscription: u32) {
        let mut all = self.added_to.get(&account).cloned().unwrap_or_default();
        if !all.contains(&subscription) {
            all.push(subscription);
            self.added_to.insert(account, all);
        }
    }

    fn know_profile(&mut self, profile: Profile) {
        if self.profiles.get(&profile).is_none() {
            Arc::make_mut(&mut self.profiles).number(profile);
        }
    }

    fn key_patches(&self) -> Patches<KeyRow> {
        self.key_rows
            .as_ref()
            .map_or_else(|| Patches::of(self.key_starts.len().saturating_sub(1)), |rows| (**rows).clone())
    }

    fn patch_keys(&mut self, rows: Patches<KeyRow>) {
        self.key_rows = Some(Arc::new(rows));
    }
}
