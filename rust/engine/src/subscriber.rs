//! Accounts and subscriptions: whose key it is, which plan was in force, who is billed.
//!
//! Both come as Arrow tables, for there can be ten million. They are compiled into flat arrays with small codes; from a
//! key and an instant one look-up leads to a *holding*, a row of a subscription's history, and a holding leads to
//! everything else.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::catalog::{Moment, Reset, Scope};
use crate::clock::{Cycles, TimeZone};
use crate::column::{Numbers, ONE, Text, TimeFormat, Times};
use crate::counter::NEVER;
use crate::error::{Error, Problem, Result};
use crate::names::Names;
use crate::prefetch::prefetch;

/// No code.
pub const NONE: u32 = u32::MAX;
/// Since ever, and without end.
pub const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// Days until a document is due where the account does not say.
pub const PAYMENT_DAYS: i32 = 30;

/// All accounts; a code is a row.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    pub names: Names,
    /// Party code of the owner.
    pub owner: Vec<u32>,
    pub currency: Vec<u32>,
    pub clock: Vec<u32>,
    /// Index into `Subscribers::cycles`.
    pub cycle: Vec<u32>,
    pub territory: Vec<u32>,
    /// Days from the end of a period until its documents are due.
    pub payment_days: Vec<i32>,
}

/// All subscriptions and their histories.
#[derive(Debug, Clone, Default)]
pub struct Subscriptions {
    pub names: Names,
    pub account: Vec<u32>,
    pub sold_by: Vec<u32>,
    pub introduced_by: Vec<u32>,
    pub priority: Vec<i64>,
    /// Instant until which fees were already billed elsewhere; `i64::MIN` if never.
    pub billed_until: Vec<i64>,
    /// The holdings of subscription s are `starts[s]..starts[s + 1]`.
    pub starts: Vec<u32>,
}

/// One plan from one instant until another.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub from: i64,
    pub until: i64,
    pub held: Held,
    /// Whether the plan's currency is the account's.
    pub currency_fits: bool,
}

/// What a record needs to know of a holding: few enough bytes to lie beside each row of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Index of the holding; `NONE` for a row without one.
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
    pub holdings: Vec<Holding>,
    /// Parties of the catalog, then other owners of accounts.
    pub parties: Names,
    pub currencies: Names,
    pub territories: Names,
    pub cycles: Vec<Cycles>,
    /// Calendar months, by clock.
    pub months: Vec<Cycles>,
    keys: Names,
    /// The subscriptions of key k are `by_key[key_starts[k]..key_starts[k + 1]]`, highest priority first.
    key_starts: Vec<u32>,
    by_key: Vec<u32>,
    /// By key: its only holding.
    only: Vec<Holding>,
}

/// What subscribers are compiled against.
#[derive(Debug)]
pub struct Context<'a> {
    pub clocks: &'a [TimeZone],
    pub parties: &'a [String],
    pub plans: &'a Names,
    /// By plan.
    pub plan_currencies: Vec<&'a str>,
}

impl Subscribers {
    /// Compiles both tables; all their problems are reported at once.
    pub fn new(context: &Context, accounts: &RecordBatch, subscriptions: &RecordBatch) -> Result<Self> {
        let mut all = Self { parties: Names::new(context.parties.iter().map(String::as_str)), ..Self::default() };
        let mut problems = all.add_accounts(context, accounts)?;
        problems.extend(all.add_subscriptions(context, subscriptions)?);
        if problems.is_empty() { Ok(all) } else { Err(Error::Catalog(problems)) }
    }

    /// The subscriptions of a key, highest priority first; empty if the key is unknown.
    #[inline]
    pub fn of_key(&self, key: &str) -> &[u32] {
        self.keys.code(key).map_or(&[], |code| self.of_key_code(code))
    }

    /// The codes of keys, `NONE` where a key is null or not known.
    pub fn keys<'k>(&self, keys: impl Iterator<Item = Option<&'k str>>) -> Vec<u32> {
        self.keys.codes(keys, NONE)
    }

    /// The code of a key.
    pub fn key(&self, key: &str) -> Option<u32> {
        self.keys.code(key)
    }

    /// The subscriptions of a key's code, highest priority first.
    #[inline]
    pub fn of_key_code(&self, code: u32) -> &[u32] {
        &self.by_key[self.key_starts[code as usize] as usize..self.key_starts[code as usize + 1] as usize]
    }

    /// Asks for the only holding of a key, which will soon be needed.
    #[inline]
    pub fn expect(&self, key: u32) {
        prefetch(&self.only, key as usize);
    }

    /// The only holding of a key, if it is in force at an instant and needs no further thought.
    #[inline]
    pub fn only_holding(&self, key: u32, instant: i64) -> Held {
        match self.only.get(key as usize) {
            Some(holding) if holding.from <= instant && instant < holding.until && holding.currency_fits => {
                holding.held
            }
            _ => Held::NONE,
        }
    }

    /// The holdings of a subscription, in order of time.
    #[inline]
    pub fn holdings_of(&self, subscription: u32) -> std::ops::Range<usize> {
        let s = subscription as usize;
        self.subscriptions.starts[s] as usize..self.subscriptions.starts[s + 1] as usize
    }

    /// The holding of a subscription in force at an instant.
    #[inline]
    pub fn holding_at(&self, subscription: u32, instant: i64) -> Option<u32> {
        let mut range = self.holdings_of(subscription);
        let found = range.find(|&h| self.holdings[h].from <= instant && instant < self.holdings[h].until)?;
        u32::try_from(found).ok()
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

    fn add_accounts(&mut self, context: &Context, table: &RecordBatch) -> Result<Vec<Problem>> {
        let rows = table.num_rows();
        let columns = Columns { table, name: "accounts" };
        let (name, owner, currency) = (columns.text("account")?, columns.text("owner")?, columns.text("currency")?);
        let (zone, territory) = (columns.optional_text("zone")?, columns.optional_text("territory")?);
        let days = columns.optional_number("cycle_day")?;
        let payment_days = columns.optional_number("payment_days")?;
        let clocks = Names::new(context.clocks.iter().map(|clock| clock.name.as_str()));
        let mut problems = Vec::new();
        let mut problem =
            |row: usize, message: String| problems.push(Problem { path: format!("accounts[{row}]"), message });
        let mut cycles: Vec<(u32, i32)> = Vec::new();
        for row in 0..rows {
            let (Some(id), Some(owner), Some(currency)) = (name.get(row), owner.get(row), currency.get(row)) else {
                problem(row, "account, owner and currency may not be null".into());
                continue;
            };
            if self.accounts.names.intern(id) as usize != self.accounts.owner.len() {
                problem(row, format!("account {id:?} is there twice"));
                continue;
            }
            let zone = zone.get(row).unwrap_or("UTC");
            let clock = clocks.code(zone).unwrap_or_else(|| {
                problem(row, format!("the engine was given no transitions for time zone {zone:?}"));
                0
            });
            let day = days.as_ref().map_or(1, |days| i32::try_from(days.values[row] / ONE).unwrap_or(0)).max(1);
            if !(1..=28).contains(&day) {
                problem(row, format!("cycle_day {day} is not 1 to 28"));
            }
            let cycle = cycles.iter().position(|&c| c == (clock, day)).unwrap_or_else(|| {
                cycles.push((clock, day));
                cycles.len() - 1
            });
            self.accounts.owner.push(self.parties.intern(owner));
            self.accounts.currency.push(self.currencies.intern(currency));
            self.accounts.clock.push(clock);
            self.accounts.cycle.push(u32::try_from(cycle).unwrap_or(0));
            let payment_days = payment_days.as_ref().filter(|days| days.cells.get(row) == crate::column::Cell::Fine);
            let payment_days = payment_days.and_then(|days| i32::try_from(days.values[row] / ONE).ok());
            self.accounts.payment_days.push(payment_days.unwrap_or(PAYMENT_DAYS));
            self.accounts.territory.push(territory.get(row).map_or(NONE, |name| self.territories.intern(name)));
        }
        let cycle = |&(clock, day): &(u32, i32)| Cycles::new(clock as usize, &context.clocks[clock as usize], day);
        self.cycles = cycles.iter().map(cycle).collect();
        self.months = (0..context.clocks.len()).map(|clock| Cycles::new(clock, &context.clocks[clock], 1)).collect();
        Ok(problems)
    }

    fn add_subscriptions(&mut self, context: &Context, table: &RecordBatch) -> Result<Vec<Problem>> {
        let rows = table.num_rows();
        let columns = Columns { table, name: "subscriptions" };
        let (name, account, plan) = (columns.text("subscription")?, columns.text("account")?, columns.text("plan")?);
        let (sold_by, introduced_by) = (columns.optional_text("sold_by")?, columns.optional_text("introduced_by")?);
        let (from, until) = (columns.moments("from")?, columns.moments("until")?);
        let (priority, billed_until) = (columns.optional_number("priority")?, columns.moments("billed_until")?);
        let mut problems = Vec::new();
        let mut problem =
            |row: usize, message: String| problems.push(Problem { path: format!("subscriptions[{row}]"), message });
        let mut held: Vec<Holding> = Vec::with_capacity(rows);
        for row in 0..rows {
            let (Some(id), Some(account), Some(plan)) = (name.get(row), account.get(row), plan.get(row)) else {
                problem(row, "subscription, account and plan may not be null".into());
                continue;
            };
            let Some(account) = self.accounts.names.code(account) else {
                problem(row, format!("no account {account:?}"));
                continue;
            };
            let Some(plan) = context.plans.code(plan) else {
                problem(row, format!("no plan {plan:?}"));
                continue;
            };
            let clock = &context.clocks[self.accounts.clock[account as usize] as usize];
            let subscription = self.subscriptions.names.intern(id);
            if subscription as usize == self.subscriptions.account.len() {
                self.subscriptions.account.push(account);
                self.subscriptions.sold_by.push(sold_by.get(row).map_or(NONE, |name| self.parties.intern(name)));
                self.subscriptions
                    .introduced_by
                    .push(introduced_by.get(row).map_or(NONE, |name| self.parties.intern(name)));
                let priority = priority.as_ref().map_or(0, |all| i64::try_from(all.values[row] / ONE).unwrap_or(0));
                self.subscriptions.priority.push(priority);
                self.subscriptions.billed_until.push(billed_until.instant(row, clock).unwrap_or(i64::MIN));
            } else if self.subscriptions.account[subscription as usize] != account {
                problem(row, format!("subscription {id:?} has rows of two accounts"));
            }
            let from = from.instant(row, clock).unwrap_or(EVER.0);
            let until = until.instant(row, clock).unwrap_or(EVER.1);
            if from >= until {
                problem(row, format!("subscription {id:?} ends before it begins"));
            }
            let currency = self.currencies.name(self.accounts.currency[account as usize]);
            let (cycle, clock) = (self.accounts.cycle[account as usize], self.accounts.clock[account as usize]);
            let names = Held { holding: NONE, subscription, plan, account, cycle, clock };
            let currency_fits = currency == Some(context.plan_currencies[plan as usize]);
            held.push(Holding { from, until, held: names, currency_fits });
        }
        self.order_holdings(held, &mut problem);
        self.add_keys(&columns, &name, &mut problem)?;
        Ok(problems)
    }

    fn order_holdings(&mut self, mut held: Vec<Holding>, problem: &mut impl FnMut(usize, String)) {
        if !held.is_sorted_by_key(|h| (h.held.subscription, h.from)) {
            held.sort_by_key(|h| (h.held.subscription, h.from));
        }
        for (row, pair) in held.windows(2).enumerate() {
            if pair[0].held.subscription == pair[1].held.subscription && pair[1].from < pair[0].until {
                let name = self.subscriptions.names.name(pair[0].held.subscription).unwrap_or_default();
                problem(row, format!("subscription {name:?} has two plans at one time"));
            }
        }
        let mut starts = vec![0_u32; self.subscriptions.account.len() + 1];
        for holding in &held {
            starts[holding.held.subscription as usize + 1] += 1;
        }
        for s in 1..starts.len() {
            starts[s] += starts[s - 1];
        }
        self.subscriptions.starts = starts;
        held.iter_mut().zip(0..).for_each(|(holding, place)| holding.held.holding = place);
        self.holdings = held;
    }

    /// Pairs of (key, subscription), sorted into runs by key.
    fn add_keys(&mut self, columns: &Columns, name: &Text, problem: &mut impl FnMut(usize, String)) -> Result<()> {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut first_pair = |keys: &mut Names, row: usize, key: &str| {
            if let Some(subscription) = name.get(row).and_then(|name| self.subscriptions.names.code(name)) {
                pairs.push((keys.intern(key), subscription));
            }
        };
        let mut keys = Names::default();
        columns.each_key(|row, key| first_pair(&mut keys, row, key))?;
        let rank = |&(key, s): &(u32, u32)| (key, std::cmp::Reverse(self.subscriptions.priority[s as usize]), s);
        if !pairs.is_sorted_by_key(rank) {
            pairs.sort_by_key(rank);
        }
        pairs.dedup();
        for pair in pairs.windows(2) {
            if pair[0].0 == pair[1].0 && self.equal_rank(pair[0].1, pair[1].1) {
                let key = keys.name(pair[0].0).unwrap_or_default();
                let of = |s: u32| self.subscriptions.names.name(s).unwrap_or_default();
                problem(
                    0,
                    format!(
                        "key {key:?} leads to {:?} and {:?} at one time with equal priority",
                        of(pair[0].1),
                        of(pair[1].1)
                    ),
                );
            }
        }
        let mut starts = vec![0_u32; keys.len() + 1];
        for pair in &pairs {
            starts[pair.0 as usize + 1] += 1;
        }
        for k in 1..starts.len() {
            starts[k] += starts[k - 1];
        }
        (self.key_starts, self.by_key, self.keys) = (starts, pairs.into_iter().map(|pair| pair.1).collect(), keys);
        self.only = (0..self.keys.len() as u32).map(|key| self.only_of(key)).collect();
        Ok(())
    }

    /// The only holding of a key; one that is never in force if it leads to several.
    fn only_of(&self, key: u32) -> Holding {
        let several = Holding { from: 0, until: 0, held: Held::NONE, currency_fits: false };
        let [subscription] = self.of_key_code(key) else { return several };
        match self.holdings_of(*subscription) {
            range if range.len() == 1 => self.holdings[range.start],
            _ => several,
        }
    }

    fn equal_rank(&self, a: u32, b: u32) -> bool {
        let overlap = |x: &Holding, y: &Holding| x.from < y.until && y.from < x.until;
        self.subscriptions.priority[a as usize] == self.subscriptions.priority[b as usize]
            && self.holdings_of(a).any(|x| self.holdings_of(b).any(|y| overlap(&self.holdings[x], &self.holdings[y])))
    }
}

/// The columns of one of the two tables.
struct Columns<'a> {
    table: &'a RecordBatch,
    name: &'static str,
}

impl Columns<'_> {
    fn find(&self, column: &str) -> Option<&ArrayRef> {
        self.table.column_by_name(column)
    }

    fn text(&self, column: &str) -> Result<Text> {
        let array = self.find(column).ok_or_else(|| {
            let found: Vec<_> = self.table.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
            Error::catalog(self.name, format!("the table needs a column {column:?}; it has {}", found.join(", ")))
        })?;
        Text::read(column, array, None)
    }

    fn optional_text(&self, column: &str) -> Result<Text> {
        self.find(column).map_or(Ok(Text::Same(None)), |array| Text::read(column, array, None))
    }

    fn optional_number(&self, column: &str) -> Result<Option<Numbers>> {
        self.find(column).map(|array| Numbers::read(column, array, None)).transpose()
    }

    fn moments(&self, column: &str) -> Result<Moments> {
        let Some(array) = self.find(column) else { return Ok(Moments::Absent) };
        if let DataType::Date32 = array.data_type() {
            return Ok(Moments::Dates(array.as_primitive::<arrow_array::types::Date32Type>().clone()));
        }
        Times::read(column, array, &TimeFormat { format: None, zone: None, refuse: false }).map(Moments::Times)
    }

    /// Every key of every row: from `keys` (a list) or `key`.
    fn each_key(&self, mut each: impl FnMut(usize, &str)) -> Result<()> {
        let rows = self.table.num_rows();
        if let Some(lists) = self.find("keys") {
            let lists = match lists.data_type() {
                DataType::List(_) => arrow_cast::cast(lists, &DataType::new_large_list(DataType::Utf8, true)),
                _ => Ok(lists.clone()),
            };
            let lists = lists.map_err(|e| Error::Internal(e.to_string()))?;
            let lists = lists
                .as_list_opt::<i64>()
                .ok_or_else(|| Error::catalog(self.name, "the column keys is a list of texts"))?;
            let keys = Text::read("keys", lists.values(), None)?;
            for row in (0..rows).filter(|&row| lists.is_valid(row)) {
                let offsets = lists.value_offsets();
                for at in offsets[row]..offsets[row + 1] {
                    if let Some(key) = usize::try_from(at).ok().and_then(|at| keys.get(at)) {
                        each(row, key);
                    }
                }
            }
        }
        let key = self.optional_text("key")?;
        (0..rows).for_each(|row| key.get(row).into_iter().for_each(|key| each(row, key)));
        Ok(())
    }
}

/// A column of dates (midnight in the account's zone) or instants.
enum Moments {
    Absent,
    Dates(arrow_array::Date32Array),
    Times(Times),
}

impl Moments {
    fn instant(&self, row: usize, clock: &TimeZone) -> Option<i64> {
        match self {
            Self::Absent => None,
            Self::Dates(days) => days.is_valid(row).then(|| clock.moment(Moment::Date(days.value(row)))),
            Self::Times(times) => (times.cells.get(row) == crate::column::Cell::Fine).then(|| times.values[row]),
        }
    }
}
