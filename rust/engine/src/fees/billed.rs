//! What fees were billed before, as a table says it.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::clock::month_of_name;
use crate::column::Text;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::output::{numbers, texts};
use crate::sums::add;

const TABLE: &str = "fees billed before";

/// (Subscription, charge, month covered) → amount.
#[derive(Debug, Default)]
pub struct Billed {
    amounts: BTreeMap<(u32, u32, i32), i128>,
}

impl Billed {
    /// Reads the table; rows of subscriptions and charges that are no longer there are left out.
    pub fn read(engine: &Engine, batch: &RecordBatch) -> Result<Self> {
        let (subscription, charge) = (texts(TABLE, batch, "subscription")?, texts(TABLE, batch, "charge")?);
        let (period, amounts) = (texts(TABLE, batch, "period")?, numbers(TABLE, batch, "amount")?);
        let plan = batch.column_by_name("plan").map(|_| texts(TABLE, batch, "plan")).transpose()?;
        let rows = batch.num_rows();
        let names = &engine.subscribers.subscriptions.names;
        let subscriptions = subscription.codes(rows, |name| name.and_then(|name| names.code(name)).unwrap_or(u32::MAX));
        let mut billed = Self::default();
        for (row, (amount, subscription)) in amounts.into_iter().zip(subscriptions).enumerate() {
            let month = period.get(row).and_then(month_of_name);
            let month = month.ok_or_else(|| Error::UsageSchema(format!("{TABLE}: row {row} has no month")))?;
            let Some(charge) = charge_of(engine, plan.as_ref(), &charge, row) else { continue };
            if subscription != u32::MAX {
                let sum = billed.amounts.entry((subscription, charge, month)).or_insert(0);
                *sum = add(*sum, amount)?;
            }
        }
        Ok(billed)
    }

    /// What was billed for one cycle; none if nothing ever was.
    pub fn amount(&self, subscription: u32, charge: u32, month: i32) -> Option<i128> {
        self.amounts.get(&(subscription, charge, month)).copied()
    }

    /// The months for which something was billed.
    pub fn months(&self, subscription: u32, charge: u32) -> impl Iterator<Item = i32> + '_ {
        let of = move |month| (subscription, charge, month);
        self.amounts.range(of(i32::MIN)..=of(i32::MAX)).map(|((_, _, month), _)| *month)
    }

    /// Whether anything was billed.
    pub fn has(&self, subscription: u32, charge: u32) -> bool {
        self.months(subscription, charge).next().is_some()
    }
}

fn charge_of(engine: &Engine, plan: Option<&Text>, charge: &Text, row: usize) -> Option<u32> {
    let charge = charge.get(row)?;
    let found = match plan.and_then(|plan| plan.get(row)) {
        Some(plan) => engine.compiled.charge(&format!("{plan}/{charge}")),
        None => engine.compiled.charge(charge),
    };
    u32::try_from(found?).ok()
}
