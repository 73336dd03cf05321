//! Where a party is billed or paid, until when a period lasts there, and when what it pays is due.
//!
//! A party is paid into the account that it owns in the currency concerned, of several the one whose id comes first
//! byte by byte. A party without one has a default account: named for it, in UTC, with 30 days to pay.

use std::collections::BTreeMap;

use crate::clock::{first_day_of_month, month_of_name};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::subscriber::{PAYMENT_DAYS, Subscribers};

/// The accounts of the parties that a period's documents name.
#[derive(Debug)]
pub struct Accounts<'a> {
    engine: &'a Engine,
    month: i32,
    /// (Party, currency) → code of the account.
    owned: BTreeMap<(u32, u32), u32>,
}

impl<'a> Accounts<'a> {
    /// Finds the accounts of some parties (with the currency they are paid in) for a period.
    pub fn new<'n>(
        engine: &'a Engine,
        period: &str,
        wanted: impl IntoIterator<Item = (&'n str, &'n str)>,
    ) -> Result<Self> {
        let bare = Self::bare(engine, period)?;
        let subscribers = engine.subscribers.as_ref();
        let code = |(party, currency): (&str, &str)| {
            Some(((subscribers.parties.code(party)?, subscribers.currencies.code(currency)?), u32::MAX))
        };
        let mut owned: BTreeMap<(u32, u32), u32> = wanted.into_iter().filter_map(code).collect();
        let accounts = &subscribers.accounts;
        for (account, pair) in (0..).zip(accounts.owner.iter().copied().zip(accounts.currency.iter().copied())) {
            if let Some(best) = owned.get_mut(&pair)
                && (*best == u32::MAX || accounts.names.name(account) < accounts.names.name(*best))
            {
                *best = account;
            }
        }
        Ok(Self { owned, ..bare })
    }

    /// Knows how long a period lasts in each account, and no party's account.
    pub fn bare(engine: &'a Engine, period: &str) -> Result<Self> {
        let month = month_of_name(period).ok_or_else(|| Error::Period(format!("{period:?} is not a month of ours")))?;
        Ok(Self { engine, month, owned: BTreeMap::new() })
    }

    fn subscribers(&self) -> &'a Subscribers {
        self.engine.subscribers.as_ref()
    }

    /// The account of a party, as far as it was asked for.
    pub fn of<'n>(&self, party: &'n str, currency: &str) -> &'n str
    where
        'a: 'n,
    {
        let subscribers = self.subscribers();
        let codes = subscribers.parties.code(party).zip(subscribers.currencies.code(currency));
        let account =
            codes.and_then(|pair| self.owned.get(&pair)).and_then(|&code| subscribers.accounts.names.name(code));
        account.unwrap_or(party)
    }

    /// The party that owns an account; a default account is named for its owner.
    pub fn owner<'n>(&self, account: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let subscribers = self.subscribers();
        let code = subscribers.accounts.names.code(account);
        let owner = code.and_then(|code| subscribers.accounts.owner.get(code as usize));
        owner.and_then(|&party| subscribers.parties.name(party)).unwrap_or(account)
    }

    /// The last day of the account's cycle.
    pub fn last_day_of_cycle(&self, account: &str) -> i32 {
        let subscribers = self.subscribers();
        let last_day = |code: u32| {
            let cycles = subscribers.cycles.get(*subscribers.accounts.cycle.get(code as usize)? as usize)?;
            let clock = self.engine.compiled.clocks.get(cycles.zone)?;
            Some(clock.day(cycles.range(self.month).1) - 1)
        };
        let code = subscribers.accounts.names.code(account);
        code.and_then(last_day).unwrap_or_else(|| self.last_day_of_month())
    }

    /// The last day of the calendar month that names the period.
    pub fn last_day_of_month(&self) -> i32 {
        first_day_of_month(self.month + 1) - 1
    }

    /// The last day of what a document is about: the payer's cycle for a bill, a calendar month for a statement.
    pub fn last_day(&self, kind: &str, payer_account: &str) -> i32 {
        if kind == super::BILL { self.last_day_of_cycle(payer_account) } else { self.last_day_of_month() }
    }

    /// When a document is due: so many days after its last day as the payer's account has to pay.
    pub fn due_date(&self, kind: &str, payer_account: &str) -> i32 {
        let accounts = &self.subscribers().accounts;
        let days = accounts.names.code(payer_account).and_then(|code| accounts.payment_days.get(code as usize));
        self.last_day(kind, payer_account).saturating_add(days.copied().unwrap_or(PAYMENT_DAYS))
    }
}

impl Engine {
    /// The currency of the first account, bytewise, that each party owns; by their codes among the accounts.
    pub(crate) fn currencies_of_parties(&self) -> BTreeMap<u32, u32> {
        let accounts = &self.subscribers.accounts;
        let mut first: BTreeMap<u32, u32> = BTreeMap::new();
        for (account, &owner) in (0..).zip(accounts.owner.iter()) {
            let best = first.entry(owner).or_insert(account);
            if accounts.names.name(account) < accounts.names.name(*best) {
                *best = account;
            }
        }
        let currency = |(owner, account): (u32, u32)| Some((owner, *accounts.currency.get(account as usize)?));
        first.into_iter().filter_map(currency).collect()
    }
}
