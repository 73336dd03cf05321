//! The first tier's fee of a counter that is still 0 when it closes (semantics §1, `at_zero`).
//!
//! Being held opens the counters of a plan, so that a fee which buys the first tier is due without any usage. A
//! counter that never resets does not close, and owes nothing until it is used.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;

use crate::catalog::{Reset, Scope};
use crate::charge::Model;
use crate::clock::first_day_of_month;
use crate::column::{TimeFormat, Times};
use crate::compile::{Charge, Counted};
use crate::engine::Engine;
use crate::error::Result;
use crate::fees::amounts::part_of;
use crate::fees::due::{Charged, Closing, Due};
use crate::fees::holder::Holder;
use crate::output::{column, numbers, texts};
use crate::subscriber::NONE;

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
        let Some(counted) = charge.counted.filter(|_| charge.charge_at_zero) else { return Ok(Vec::new()) };
        let part = part_of(holder, self.month, false, (i64::MIN, i64::MAX), i64::MAX);
        let Some((owner, start)) = self.closing_counter(holder, counted).filter(|_| part.days > 0) else {
            return Ok(Vec::new());
        };
        if self.counters.used.contains(&(code, owner, start)) || !self.bears(holder, counted) {
            return Ok(Vec::new());
        }
        let Some(version) = charge.version_at(part.start, holder.clock_code) else { return Ok(Vec::new()) };
        let Some(Model::Graduated(model)) = charge.versions.get(version).map(|version| &version.model) else {
            return Ok(Vec::new());
        };
        let Some(terms) = charge.versions.get(version) else { return Ok(Vec::new()) };
        let fee = |values: &[i128]| Ok(model.first_fee().and_then(|slot| values.get(slot).copied()).unwrap_or(0));
        let amount = charge.target.of_raw(holder.values(terms, fee)?)?;
        let version = u32::try_from(version).unwrap_or(NONE);
        let days = (part.of_days, part.of_days);
        let line = Charged { kind: "period", version, covered: self.month, amount, start: part.start, days };
        Ok(if amount == 0 { Vec::new() } else { vec![line] })
    }

    /// The owner and start of the counter that closes with the cycle: a calendar month closes in the cycle that holds
    /// its last day.
    fn closing_counter(&self, holder: &Holder, counted: Counted) -> Option<(u32, i64)> {
        let owner = match counted.scope {
            Scope::Subscription => holder.subscription,
            Scope::Account => holder.account,
            Scope::Record => return None,
        };
        let month = self.month - i32::from(holder.cycles.day > 1);
        match counted.reset {
            Reset::Cycle => Some((owner, holder.cycles.range(self.month).0)),
            Reset::Month => Some((owner, holder.clock.midnight(first_day_of_month(month)))),
            Reset::Never => None,
        }
    }

    /// Whether this subscription bears the fee: of an account's counter, the first that holds the plan in the cycle.
    fn bears(&self, holder: &Holder, counted: Counted) -> bool {
        let first = || self.bearers.first.get(&(holder.account, holder.plan)) == Some(&holder.subscription);
        counted.scope != Scope::Account || first()
    }
}

/// Who bears the fees of counters that subscriptions of an account share.
#[derive(Debug)]
pub struct Bearers {
    /// (Account, plan) → the first subscription that holds the plan in the cycle.
    first: BTreeMap<(u32, u32), u32>,
}

impl Bearers {
    /// Finds them for plans with such counters.
    pub fn new(engine: &Engine, month: i32) -> Self {
        let (compiled, subscribers) = (engine.compiled.as_ref(), engine.subscribers.as_ref());
        let shared = |charge: &Charge| charge.counted.is_some_and(|counted| counted.scope == Scope::Account);
        let charges = compiled.charges.iter().filter(|charge| charge.charge_at_zero && shared(charge));
        let plans: BTreeSet<u32> = charges.map(|charge| charge.plan).collect();
        let mut first = BTreeMap::new();
        for holding in subscribers.holdings().filter(|holding| plans.contains(&holding.held.plan)) {
            let account = subscribers.subscriptions.account.get(holding.held.subscription as usize).copied();
            let cycle = account.and_then(|account| subscribers.accounts.cycle.get(account as usize));
            let range =
                cycle.and_then(|&cycle| subscribers.cycles.get(cycle as usize)).map(|cycles| cycles.range(month));
            if let (Some(account), Some((start, end))) = (account, range)
                && holding.from < end
                && start < holding.until
            {
                first.entry((account, holding.held.plan)).or_insert(holding.held.subscription);
            }
        }
        Self { first }
    }
}
