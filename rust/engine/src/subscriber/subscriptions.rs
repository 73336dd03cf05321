//! Subscriptions: what an account holds, with all the plans that each has had.

mod rows;

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::read::Problems;
use super::{Context, Held, Holding, NONE, Subscribers};
use crate::error::Result;
use crate::few::Few;
use crate::interrupt::check_at;
use crate::names::Names;
use crate::patches::{Column, Patches};
pub(super) use rows::{Rows, TABLE, Terms};

/// One subscription, its history and its keys.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub account: u32,
    pub sold_by: u32,
    pub introduced_by: u32,
    pub priority: i64,
    pub billed_until: i64,
    /// In order of time.
    pub holdings: Few<Holding>,
    pub keys: Few<u32>,
}

/// All subscriptions and their histories; a code is a place in order of arrival.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    pub names: Names,
    pub account: Column<u32, Subscription>,
    pub sold_by: Column<u32, Subscription>,
    pub introduced_by: Column<u32, Subscription>,
    pub priority: Column<i64, Subscription>,
    /// Instant until which fees were already billed elsewhere; `i64::MIN` if never.
    pub billed_until: Column<i64, Subscription>,
    /// Whether `from`, `until` and `billed_until` are dates, which follow the account's zone.
    pub(super) dates: [bool; 3],
    /// The holdings of subscription s are `holdings[starts[s]..starts[s + 1]]`.
    starts: Arc<[u32]>,
    holdings: Arc<[Holding]>,
    pub(super) rows: Option<Arc<Patches<Subscription>>>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self::new(Names::default(), &[], [true; 3])
    }
}

impl Subscriptions {
    fn new(names: Names, rows: &[Terms], dates: [bool; 3]) -> Self {
        Self {
            names,
            account: Column::new(rows.iter().map(|row| row.account).collect(), |row| &row.account),
            sold_by: Column::new(rows.iter().map(|row| row.sold_by).collect(), |row| &row.sold_by),
            introduced_by: Column::new(rows.iter().map(|row| row.introduced_by).collect(), |row| &row.introduced_by),
            priority: Column::new(rows.iter().map(|row| row.priority).collect(), |row| &row.priority),
            billed_until: Column::new(rows.iter().map(|row| row.billed_until).collect(), |row| &row.billed_until),
            dates,
            starts: Arc::default(),
            holdings: Arc::default(),
            rows: None,
        }
    }

    #[inline]
    pub(super) fn holdings_of(&self, subscription: usize) -> &[Holding] {
        if let Some(row) = self.rows.as_ref().and_then(|rows| rows.get(subscription)) {
            return &row.holdings;
        }
        let range = self.starts.get(subscription).zip(self.starts.get(subscription + 1));
        range.and_then(|(&start, &end)| self.holdings.get(start as usize..end as usize)).unwrap_or_default()
    }

    /// What is said of a subscription.
    pub(super) fn terms(&self, at: usize) -> Terms {
        Terms {
            account: self.account[at],
            sold_by: self.sold_by[at],
            introduced_by: self.introduced_by[at],
            priority: self.priority[at],
            billed_until: self.billed_until[at],
        }
    }

    /// The rows that are changed, to change more of them.
    pub(super) fn patches(&self) -> Patches<Subscription> {
        self.rows.as_ref().map_or_else(|| Patches::of(self.account.len()), |rows| (**rows).clone())
    }

    /// Changes these rows.
    pub(super) fn patch(&mut self, rows: Patches<Subscription>) {
        let rows = Arc::new(rows);
        self.account = self.account.patched(&rows);
        self.sold_by = self.sold_by.patched(&rows);
        self.introduced_by = self.introduced_by.patched(&rows);
        self.priority = self.priority.patched(&rows);
        self.billed_until = self.billed_until.patched(&rows);
        self.rows = Some(rows);
    }
}

/// Refuses holdings, in order of subscription and time, of which two are at one time.
pub(super) fn refuse_two_plans(held: &[Holding], names: &Names, problems: &mut Problems) {
    for pair in held.windows(2) {
        if pair[0].held.subscription == pair[1].held.subscription && pair[1].from < pair[0].until {
            let name = names.name(pair[0].held.subscription).unwrap_or_default();
            let row = pair[1].held.holding as usize;
            problems.add(TABLE, row, format!("subscription {name:?} has two plans at one time"));
        }
    }
}

impl Subscribers {
    pub(super) fn add_subscriptions(
        &mut self,
        context: &Context,
        table: &RecordBatch,
        problems: &mut Problems,
    ) -> Result<()> {
        let rows = Rows::read(context, table)?;
        let mut names = Names::with_capacity(rows.count);
        let mut found: Vec<Terms> = Vec::with_capacity(rows.count);
        let mut held: Vec<Holding> = Vec::with_capacity(rows.count);
        let mut of_rows = vec![NONE; rows.count];
        for (row, of_row) in of_rows.iter_mut().enumerate() {
            check_at(row)?;
            rows.expect(row, &names, self);
            let Some((id, account, plan)) = rows.known(row, self, problems) else { continue };
            let subscription = names.intern(id);
            *of_row = subscription;
            match found.get(subscription as usize) {
                None => found.push(rows.terms(row, account, self)),
                Some(first) if first.account != account => {
                    problems.add(TABLE, row, format!("subscription {id:?} has rows of two accounts"));
                }
                Some(_) => {}
            }
            held.push(rows.holding(row, Held { subscription, plan, account, ..Held::NONE }, self, problems));
        }
        self.subscriptions = Subscriptions::new(names, &found, rows.dates());
        self.subscriptions.order(held, problems);
        self.add_keys(&rows, &of_rows, problems)
    }
}

impl Subscriptions {
    fn order(&mut self, mut held: Vec<Holding>, problems: &mut Problems) {
        if !held.is_sorted_by_key(|h| (h.held.subscription, h.from, h.until)) {
            held.sort_by_key(|h| (h.held.subscription, h.from, h.until));
        }
        refuse_two_plans(&held, &self.names, problems);
        let mut starts = vec![0_u32; self.account.len() + 1];
        for holding in &held {
            starts[holding.held.subscription as usize + 1] += 1;
        }
        for s in 1..starts.len() {
            starts[s] += starts[s - 1];
        }
        held.iter_mut().zip(0..).for_each(|(holding, place)| holding.held.holding = place);
        (self.starts, self.holdings) = (starts.into(), held.into());
    }
}
