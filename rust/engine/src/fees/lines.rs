//! Fees as rated lines and rejects.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, Int32Builder, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, RecordBatch};

use crate::clock::month_name;
use crate::compile::{Charge, Compiled};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::fees::Fees;
use crate::fees::due::{Charged, Fee, Part};
use crate::fees::sums::{line_sums, share_sums};
use crate::identity;
use crate::names::Names;
use crate::output::{NameColumn, batch, decimals, dictionary, internal, nulls};
use crate::rate::Fault;
use crate::schema::{LINES, REJECTS};
use crate::subscriber::NONE;

/// The tables of a close, in the order of its fees.
pub fn tables(engine: &Engine, month: i32, part: &Part) -> Result<Fees> {
    let mut lines = Lines::new(engine, month);
    let mut rejects = Rejects::default();
    for fee in &part.fees {
        match &fee.outcome {
            Ok(charged) => lines.push(fee, charged)?,
            Err(fault) => rejects.push(engine, fee, fault),
        }
    }
    Ok(Fees {
        shares: lines.shares(part)?,
        lines: lines.finish()?,
        rejects: rejects.finish()?,
        line_sums: line_sums(engine, month, part)?,
        share_sums: share_sums(engine, month, part)?,
    })
}

pub(super) fn charge_of<'a>(compiled: &'a Compiled, fee: &Fee) -> Result<&'a Charge> {
    let charge = compiled.charges.get(fee.charge as usize);
    charge.ok_or_else(|| Error::Internal("a fee of no charge".into()))
}

/// Lines in the making.
struct Lines<'a> {
    engine: &'a Engine,
    period: String,
    ids: Vec<[u8; 16]>,
    accounts: Vec<u32>,
    subscriptions: Vec<u32>,
    plans: Vec<u32>,
    versions: Vec<i32>,
    amounts: Vec<i128>,
    /// kind, charge, currency, service period.
    names: [NameColumn; 4],
    /// Fingerprints of (charge, month covered).
    stamps: BTreeMap<(u32, i32), u128>,
    month: i32,
}

impl<'a> Lines<'a> {
    fn new(engine: &'a Engine, month: i32) -> Self {
        Self {
            engine,
            period: month_name(month),
            ids: Vec::new(),
            accounts: Vec::new(),
            subscriptions: Vec::new(),
            plans: Vec::new(),
            versions: Vec::new(),
            amounts: Vec::new(),
            names: Default::default(),
            stamps: BTreeMap::new(),
            month,
        }
    }

    fn push(&mut self, fee: &Fee, charged: &Charged) -> Result<()> {
        let (compiled, subscribers) = (self.engine.compiled.as_ref(), self.engine.subscribers.as_ref());
        let charge = charge_of(compiled, fee)?;
        let currency = compiled.plans.get(charge.plan as usize).map(|plan| plan.currency.as_str());
        let subscription = subscribers.subscriptions.names.name(fee.subscription).unwrap_or_default();
        let stamp = self.stamp(charge, fee.charge, charged.covered);
        self.ids.push(identity::line(identity::text(subscription), stamp));
        let account = subscribers.subscriptions.account.get(fee.subscription as usize);
        self.accounts.push(account.copied().unwrap_or(NONE));
        self.subscriptions.push(fee.subscription);
        self.plans.push(charge.plan);
        self.versions.push(i32::try_from(charged.version).unwrap_or(i32::MAX));
        self.amounts.push(charged.amount);
        let covered = month_name(charged.covered);
        let names = [Some(charged.kind), Some(charge.id.as_str()), currency, Some(covered.as_str())];
        self.names.iter_mut().zip(names).for_each(|(column, name)| column.push(name));
        Ok(())
    }

    /// A line is one charge's at one close for one cycle: named for the closing period, and for the cycle covered where
    /// that is another.
    fn stamp(&mut self, charge: &Charge, code: u32, covered: i32) -> u128 {
        let (month, period) = (self.month, &self.period);
        *self.stamps.entry((code, covered)).or_insert_with(|| {
            let segment = if covered == month { period.clone() } else { format!("{period}/{}", month_name(covered)) };
            identity::charge(&charge.path, &segment)
        })
    }

    /// The shares that are paid, each with the id of its line.
    fn shares(&self, part: &Part) -> Result<RecordBatch> {
        let mut ids: Vec<Option<[u8; 16]>> = Vec::with_capacity(part.fees.len());
        let mut charged = self.ids.iter();
        for fee in &part.fees {
            ids.push(if fee.outcome.is_ok() { charged.next().copied() } else { None });
        }
        super::sums::shares(self.engine, &self.period, part, &ids)
    }

    fn finish(self) -> Result<RecordBatch> {
        let rows = self.ids.len();
        let mut ids = FixedSizeBinaryBuilder::with_capacity(rows, 16);
        self.ids.iter().try_for_each(|id| ids.append_value(id)).map_err(internal)?;
        let [kind, charge, currency, service_period] = self.names;
        let subscribers = self.engine.subscribers.as_ref();
        let period = Names::new([self.period.as_str()]);
        let mut columns: BTreeMap<&str, ArrayRef> = BTreeMap::from([
            ("line_id", Arc::new(ids.finish()) as ArrayRef),
            ("kind", kind.finish()?),
            ("account", dictionary(&subscribers.accounts.names, &self.accounts)?),
            ("subscription", dictionary(&subscribers.subscriptions.names, &self.subscriptions)?),
            ("plan", dictionary(&self.engine.compiled.plan_names, &self.plans)?),
            ("charge", charge.finish()?),
            ("version", Arc::new(Int32Array::from(self.versions))),
            ("amount", decimals(self.amounts)?),
            ("currency", currency.finish()?),
            ("flags", Arc::new(Int32Array::from(vec![0; rows]))),
            ("period", dictionary(&period, &vec![0; rows])?),
            ("service_period", service_period.finish()?),
        ]);
        let fields = LINES.fields().iter();
        let all = fields.map(|field| match columns.remove(field.name().as_str()) {
            Some(column) => Ok(column),
            None => nulls(&LINES, field.name(), rows),
        });
        batch(&LINES, all.collect::<Result<_>>()?)
    }
}

/// Rejects in the making.
#[derive(Default)]
struct Rejects {
    ids: StringBuilder,
    codes: Int32Builder,
    names: StringBuilder,
    fields: StringBuilder,
    values: StringBuilder,
    rows: usize,
}

impl Rejects {
    fn push(&mut self, engine: &Engine, fee: &Fee, fault: &Fault) {
        self.ids.append_option(engine.subscribers.subscriptions.names.name(fee.subscription));
        self.codes.append_value(i32::from(fault.code.number()));
        self.names.append_value(fault.code.name());
        self.fields.append_value(&fault.field);
        self.values.append_option(fault.value.as_deref());
        self.rows += 1;
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let source = std::iter::repeat_n("subscription", self.rows);
        let columns: Vec<ArrayRef> = vec![
            nulls(&REJECTS, "usage_file", self.rows)?,
            nulls(&REJECTS, "usage_row", self.rows)?,
            Arc::new(arrow_array::StringArray::from_iter_values(source)),
            Arc::new(self.ids.finish()),
            Arc::new(self.codes.finish()),
            Arc::new(self.names.finish()),
            Arc::new(self.fields.finish()),
            Arc::new(self.values.finish()),
        ];
        batch(&REJECTS, columns)
    }
}
