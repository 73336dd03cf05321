//! Accounts and subscriptions: whose key it is, which plan was in force, who is billed.
//!
//! Both come as Arrow tables, for there can be ten million. They are compiled into flat arrays with small codes; from a
//! key and an instant one look-up leads to a *holding*, a row of a subscription's history, and a holding leads to
//! everything else. Rows that come later lie beside the arrays (see `patches`), and codes never change: an engine with
//! a thousand rows more shares everything else with the one before.

mod accounts;
mod index;
mod keys;
mod only;
mod payers;
mod read;
mod subscriptions;
mod upsert;

use std::sync::Arc;

use arrow_array::RecordBatch;

pub use accounts::Accounts;
use index::Index;
pub use index::Sought;
use keys::{KeyRow, Links};
pub use only::Profile;
use only::{Numbered, Tenure};
use read::Problems;
pub use subscriptions::{Subscription, Subscriptions};

use crate::catalog::{Reset, Scope};
use crate::clock::{Cycles, TimeZone};
use crate::counter::NEVER;
use crate::error::Result;
use crate::names::Names;
use crate::patches::Patches;
use crate::trie::Trie;

/// No code.
pub const NONE: u32 = u32::MAX;
/// Since ever, and without end.
pub const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// Days until a document is due where the account does not say.
pub const PAYMENT_DAYS: i32 = 30;

/// One plan from one instant until another.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub from: i64,
    pub until: i64,
    pub held: Held,
    /// Whether the plan's currency is the account's.
    pub currency_fits: bool,
}

impl Holding {
    /// Whether it is in force at an instant.
    #[inline]
    fn spans(&self, instant: i64) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// What a record needs to know of a holding: few enough bytes to lie beside each row of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Place of the holding in its table; `NONE` for a row without one.
    pub holding: u32,
    pub subscription: u32,
    pub plan: u32,
    pub account: u32,
    pub cycle: u32,
    pub clock: u32,
}

impl Held {
    /// No holding.
    pub const NONE: Self =
        Self { holding: NONE, subscription: NONE, plan: NONE, account: NONE, cycle: NONE, clock: NONE };
}

/// Accounts, subscriptions and keys, compiled.
#[derive(Debug, Clone, Default)]
pub struct Subscribers {
    pub accounts: Accounts,
    pub subscriptions: Subscriptions,
    /// Parties of the catalog, then other owners of accounts.
    pub parties: Names,
    pub currencies: Names,
    pub territories: Names,
    pub cycles: Arc<Vec<Cycles>>,
    /// Calendar months, by clock.
    pub months: Arc<Vec<Cycles>>,
    keys: Names,
    /// What each key holds that was there first.
    index: Arc<Index>,
    /// What their holdings have in common.
    tenures: Arc<[Tenure]>,
    profiles: Arc<Numbered<Profile>>,
    /// The subscriptions of key k are `by_key[key_starts[k]..key_starts[k + 1]]`, highest priority first.
    key_starts: Arc<[u32]>,
    by_key: Arc<[u32]>,
    /// Keys that are changed, or new.
    key_rows: Option<Arc<Patches<KeyRow>>>,
    /// Lists of what was there first, made for the first change.
    links: Arc<Links>,
    /// By account: subscriptions that came to it later. Some may have left it again.
    added_to: Trie<u32, Vec<u32>>,
}

/// What subscribers are compiled against.
#[derive(Debug)]
pub struct Context<'a> {
    pub clocks: &'a [TimeZone],
    pub parties: &'a Names,
    pub plans: &'a Names,
    /// By plan.
    pub plan_currencies: Vec<&'a str>,
}

impl Subscribers {
    /// Compiles both tables; all their problems are reported at once.
    pub fn new(context: &Context, accounts: &RecordBatch, subscriptions: &RecordBatch) -> Result<Self> {
        let mut all = Self { parties: Names::new(context.parties.all()), ..Self::default() };
        all.know_months(context);
        let mut problems = Problems::default();
        all.add_accounts(context, accounts, &mut problems)?;
        all.add_subscriptions(context, subscriptions, &mut problems)?;
        problems.or(all)
    }

    /// Calendar months of every time zone; those of zones that came later are added.
    pub fn know_months(&mut self, context: &Context) {
        let unknown = self.months.len()..context.clocks.len();
        let months = unknown.map(|clock| Cycles::new(clock, &context.clocks[clock], 1));
        Arc::make_mut(&mut self.months).extend(months);
    }

    /// The code of the cycles of a time zone that start on a day.
    fn cycle(&mut self, context: &Context, clock: u32, day: i32) -> u32 {
        let own = |cycles: &Cycles| cycles.zone == clock as usize && cycles.day == day;
        let place = self.cycles.iter().position(own).unwrap_or_else(|| {
            Arc::make_mut(&mut self.cycles).push(Cycles::new(clock as usize, &context.clocks[clock as usize], day));
            self.cycles.len() - 1
        });
        u32::try_from(place).unwrap_or(NONE)
    }

    /// The holdings of a subscription, in order of time.
    #[inline]
    pub fn holdings_of(&self, subscription: u32) -> &[Holding] {
        self.subscriptions.holdings_of(subscription as usize)
    }

    /// The holdings of all subscriptions, in order of these, and of time.
    pub fn holdings(&self) -> impl Iterator<Item = &Holding> {
        (0..self.subscriptions.account.len()).flat_map(|subscription| self.subscriptions.holdings_of(subscription))
    }

    /// The holding of a subscription in force at an instant.
    #[inline]
    pub fn holding_at(&self, subscription: u32, instant: i64) -> Option<&Holding> {
        self.holdings_of(subscription).iter().find(|holding| holding.spans(instant))
    }

    /// The month that names the period of a counter at an instant.
    pub fn period_of(&self, reset: Reset, account: u32, instant: i64) -> i32 {
        self.calendar_of(reset, account).map_or(NEVER, |cycles| cycles.month(instant))
    }

    /// The instant at which such a period starts.
    pub fn period_start(&self, reset: Reset, account: u32, period: i32) -> i64 {
        self.calendar_of(reset, account).map_or(i64::MIN, |cycles| cycles.range(period).0)
    }

    fn calendar_of(&self, reset: Reset, account: u32) -> Option<&Cycles> {
        match reset {
            Reset::Cycle => self.cycles.get(self.accounts.cycle[account as usize] as usize),
            Reset::Month => self.months.get(self.accounts.clock[account as usize] as usize),
            Reset::Never => None,
        }
    }

    /// The name of a counter's owner, and its account.
    pub fn owner(&self, scope: Option<Scope>, owner: u32) -> (&str, u32) {
        match scope {
            Some(Scope::Account) => (self.accounts.names.name(owner).unwrap_or_default(), owner),
            _ => (self.subscriptions.names.name(owner).unwrap_or_default(), self.subscriptions.account[owner as usize]),
        }
    }

    /// The code of such an owner.
    pub fn owner_code(&self, scope: Scope, name: &str) -> Option<u32> {
        match scope {
            Scope::Account => self.accounts.names.code(name),
            Scope::Subscription | Scope::Record => self.subscriptions.names.code(name),
        }
    }

    /// How many of such owners there were when these subscribers were compiled.
    pub fn first_owners(&self, scope: Scope) -> usize {
        match scope {
            Scope::Account => self.accounts.owner.base().len(),
            Scope::Subscription | Scope::Record => self.subscriptions.account.base().len(),
        }
    }

    /// Whether both were compiled as one, and changed since: then the codes of what there was first are the same.
    pub fn is_kin(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.links, &other.links)
    }

    /// A holding of an account's subscription, as things stand with the account.
    fn holding(&self, context: &Context, at: Held, (from, until): (i64, i64)) -> Holding {
        let account = at.account as usize;
        let (cycle, clock) = (self.accounts.cycle[account], self.accounts.clock[account]);
        let currency = self.currencies.name(self.accounts.currency[account]);
        let currency_fits = currency == context.plan_currencies.get(at.plan as usize).copied();
        Holding { from, until, held: Held { cycle, clock, ..at }, currency_fits }
    }
}
