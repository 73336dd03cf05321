//! The first tier's fee of a counter that is still 0 when it closes (semantics §1, `at_zero`).
//!
//! Being held opens the counters of a plan, so that a fee which buys the first tier is due without any usage. A
//! counter that never resets does not close, and owes nothing until it is used.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;

use crate::catalog::{Reset, Scope};
use crate::charge::Model;
use crate::clock::{Cycles, TimeZone, first_day_of_month};
use crate::column::{TimeFormat, Times};
use crate::compile::{Charge, Counted};
use crate::engine::Engine;
use crate::error::Result;
use crate::fees::due::{Charged, Closing, Due};
use crate::fees::holder::Holder;
use crate::output::{column, numbers, texts};
use crate::reject::Code;
use crate::subscriber::{Holding, NONE};

const TABLE: &str = "counters";

/// The counters that are not 0: (charge, subscription or account, start of the period).
#[derive(Debug, Default)]
pub struct Counters {
    used: BTreeSet<(u32, u32, i64)>,
}

impl Counters {
    /// Reads counters; those of charges and owners that are no longer there are left out.
    pub fn read(engine: &Engine, batch: &RecordBatch) -> Result<Self> {
        let (charge, owner) = (texts(TABLE, batch, "charge")?, texts(TABLE, batch, "owner")?);
        let format = TimeFormat { format: None, zone: None, refuse: false };
        let starts = Times::read("period_start", column(TABLE, batch, "period_start")?, &format)?;
        let quantities = numbers(TABLE, batch, "quantity")?;
        let code = |path: Option<&str>| {
            path.and_then(|path| engine.compiled.charge(path)).and_then(|c| u32::try_from(c).ok()).unwrap_or(NONE)
        };
        let charges = charge.codes(batch.num_rows(), code);
        let mut used = BTreeSet::new();
        for (row, (quantity, charge)) in quantities.into_iter().zip(charges).enumerate() {
            let counted = engine.compiled.charges.get(charge as usize).and_then(|charge| charge.counted);
            let owner = owner.get(row).and_then(|owner| match counted?.scope {
                Scope::Account => engine.subscribers.accounts.names.code(owner),
                Scope::Subscription => engine.subscribers.subscriptions.names.code(owner),
                Scope::Record => None,
            });
            if let (true, Some(owner), Some(&start)) = (quantity != 0, owner, starts.values.get(row)) {
                used.insert((charge, owner, start));
            }
        }
        Ok(Self { used })
    }
}

impl Closing<'_> {
    /// The fee of a tier never entered, as a line of the period.
    pub fn at_zero(&self, holder: &Holder, charge: &Charge, code: u32) -> Due {
        let Some(counted) = charge.counted.filter(|_| charge.may_charge_at_zero()) else { return Ok(Vec::new()) };
        let Some(owner) = owner_of(holder, counted.scope) else { return Ok(Vec::new()) };
        let Some((start, end)) = closing(holder.cycles, holder.clock, counted.reset, self.month) else {
            return Ok(Vec::new());
        };
        let own = holder.holdings.iter().filter(|holding| holding.held.plan == holder.plan);
        let active = own.filter(|holding| is_active(holding, (start, end)));
        let Some(held_from) = active.map(|holding| holding.from.max(start)).min() else { return Ok(Vec::new()) };
        if self.counters.used.contains(&(code, owner, start)) || !self.bears(holder, counted) {
            return Ok(Vec::new());
        }
        let Some(version) = charge.version_at(held_from, holder.clock_code) else { return Ok(Vec::new()) };
        let Some(terms) = charge.versions.get(version).filter(|terms| terms.charge_at_zero) else {
            return Ok(Vec::new());
        };
        let Model::Graduated(model) = &terms.model else { return Ok(Vec::new()) };
        let fee = model.first_fee().map_or(Some(0), |slot| terms.values.one(slot, &holder.compiled.tables, holder));
        let amount = charge.target.of_raw(fee.ok_or(Code::NoPrice)?)?;
        let version = u32::try_from(version).unwrap_or(NONE);
        let days = holder.days(self.month);
        let line =
            Charged { kind: "period", version, covered: self.month, amount, start: held_from, days: (days, days) };
        Ok(if amount == 0 { Vec::new() } else { vec![line] })
    }

    /// Whether this subscription bears the fee: of an account's counter, the first that holds the plan in its period.
    fn bears(&self, holder: &Holder, counted: Counted) -> bool {
        let key = (holder.account, holder.plan, counted.reset == Reset::Month);
        let first = || self.bearers.first.get(&key) == Some(&holder.subscription);
        counted.scope != Scope::Account || first()
    }
}

/// Whether a plan is held at any instant of a span; one that ends as it begins is not.
fn is_active(holding: &Holding, (start, end): (i64, i64)) -> bool {
    holding.from.max(start) < holding.until.min(end)
}

/// Whose counter it is.
fn owner_of(holder: &Holder, scope: Scope) -> Option<u32> {
    match scope {
        Scope::Subscription => Some(holder.subscription),
        Scope::Account => Some(holder.account),
        Scope::Record => None,
    }
}

/// From when to when the counter counts that closes with a cycle: a calendar month closes in the cycle that holds its
/// last day.
fn closing(cycles: &Cycles, clock: &TimeZone, reset: Reset, month: i32) -> Option<(i64, i64)> {
    let calendar_month = month - i32::from(cycles.day > 1);
    let midnight = |month: i32| clock.midnight(first_day_of_month(month));
    match reset {
        Reset::Cycle => Some(cycles.range(month)),
        Reset::Month => Some((midnight(calendar_month), midnight(calendar_month + 1))),
        Reset::Never => None,
    }
}

/// Who bears the fees of counters that subscriptions of an account share.
#[derive(Debug)]
pub struct Bearers {
    /// (Account, plan, whether counters are by the calendar month) → the first subscription that holds the plan then.
    first: BTreeMap<(u32, u32, bool), u32>,
}

impl Bearers {
    /// Finds them for plans with such counters.
    pub fn new(engine: &Engine, month: i32) -> Self {
        let (compiled, subscribers) = (engine.compiled.as_ref(), engine.subscribers.as_ref());
        let charges = compiled.charges.iter().filter(|charge| charge.may_charge_at_zero());
        let shared = charges.filter_map(|charge| charge.counted.map(|counted| (charge.plan, counted)));
        let shared = shared.filter(|(_, counted)| counted.scope == Scope::Account);
        let resets: BTreeSet<(u32, bool)> =
            shared.map(|(plan, counted)| (plan, counted.reset == Reset::Month)).collect();
        let mut first = BTreeMap::new();
        for holding in subscribers.holdings() {
            let plan = holding.held.plan;
            for &(_, by_month) in resets.range((plan, false)..=(plan, true)) {
                let reset = if by_month { Reset::Month } else { Reset::Cycle };
                let account = subscribers.subscriptions.account.get(holding.held.subscription as usize).copied();
                if let Some((account, (start, end))) = account.and_then(|account| {
                    let cycles = subscribers.cycles.get(*subscribers.accounts.cycle.get(account as usize)? as usize)?;
                    let clock = compiled.clocks.get(*subscribers.accounts.clock.get(account as usize)? as usize)?;
                    Some((account, closing(cycles, clock, reset, month)?))
                }) && is_active(holding, (start, end))
                {
                    first.entry((account, plan, by_month)).or_insert(holding.held.subscription);
                }
            }
        }
        Self { first }
    }
}
