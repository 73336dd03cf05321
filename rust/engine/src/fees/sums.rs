//! Shares of fees as a table, and the sums of fees and shares.

use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{ArrayRef, Int32Array, RecordBatch};

use crate::clock::month_name;
use crate::compile::{Compiled, Flow, Role};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::fees::due::{Fee, Part};
use crate::fees::lines::charge_of;
use crate::names::Names;
use crate::output::{NameColumn, batch, decimals, dictionary, internal};
use crate::schema::SHARES;
use crate::subscriber::NONE;
use crate::sums::{self, LINES, Sum, Sums};

/// Sums of the lines of fees.
pub fn line_sums(engine: &Engine, month: i32, part: &Part) -> Result<RecordBatch> {
    let (compiled, subscribers) = (engine.compiled.as_ref(), engine.subscribers.as_ref());
    let period = month_name(month);
    let mut all = Sums::<10>::default();
    for fee in &part.fees {
        let Ok(charged) = &fee.outcome else { continue };
        let charge = charge_of(compiled, fee)?;
        let plan = compiled.plans.get(charge.plan as usize);
        let held = fee.subscription as usize;
        let account = subscribers.subscriptions.account.get(held).copied().unwrap_or(NONE);
        let sold_by = subscribers.subscriptions.sold_by.get(held).copied().unwrap_or(NONE);
        let seller = plan.and_then(|plan| plan.seller).unwrap_or(sold_by);
        let texts = [
            Some(period.as_str()),
            subscribers.accounts.names.name(account),
            subscribers.parties.name(seller),
            subscribers.subscriptions.names.name(fee.subscription),
            Some(charge.path.as_str()),
            plan.map(|plan| plan.id.as_str()),
            None,
            None,
            Some(charge.tax_category.as_str()),
            plan.map(|plan| plan.currency.as_str()),
        ];
        let version = i32::try_from(charged.version).unwrap_or(i32::MAX);
        all.push(texts, Sum { texts: [NONE; 10], version, amount: charged.amount, records: 1 });
    }
    all.merged(&LINES)?.to_batch(&LINES)
}

/// Sums of the shares of fees.
pub fn share_sums(engine: &Engine, month: i32, part: &Part) -> Result<RecordBatch> {
    let subscribers = engine.subscribers.as_ref();
    let period = month_name(month);
    let mut all = Sums::<9>::default();
    for at in 0..part.shares.len() {
        let share = Shared::new(&engine.compiled, part, at)?;
        let account = subscribers.subscriptions.account.get(share.fee.subscription as usize).copied();
        let account = subscribers.accounts.names.name(account.unwrap_or(NONE));
        let of_owner = |is_owner: bool| account.filter(|_| is_owner);
        let subscription = subscribers.subscriptions.names.name(share.fee.subscription);
        let texts = [
            Some(period.as_str()),
            Some(share.agreement),
            Some(share.flow.id.as_str()),
            subscribers.parties.name(part.shares.payer[at]),
            subscribers.parties.name(part.shares.payee[at]),
            of_owner(share.flow.payer == Role::AccountOwner),
            of_owner(part.shares.to_owner[at]),
            subscription.filter(|_| share.flow.by_subscription),
            Some(share.currency),
        ];
        let version = i32::try_from(part.shares.version[at]).unwrap_or(i32::MAX);
        all.push(texts, Sum { texts: [NONE; 9], version, amount: part.shares.amount[at], records: 1 });
    }
    all.merged(&sums::SHARES)?.to_batch(&sums::SHARES)
}

/// The shares that are paid, with the ids of their lines.
pub fn shares(engine: &Engine, period: &str, part: &Part, ids: &[Option<[u8; 16]>]) -> Result<RecordBatch> {
    let mut places = Vec::with_capacity(part.shares.len());
    let mut lines = FixedSizeBinaryBuilder::with_capacity(part.shares.len(), 16);
    let mut names: [NameColumn; 3] = Default::default();
    let mut subscriptions = Vec::with_capacity(part.shares.len());
    for at in 0..part.shares.len() {
        let share = Shared::new(&engine.compiled, part, at)?;
        if !share.flow.is_paid() {
            continue;
        }
        places.push(at);
        match ids.get(part.shares.line[at] as usize).copied().flatten() {
            Some(id) => lines.append_value(id).map_err(internal)?,
            None => lines.append_null(),
        }
        subscriptions.push(share.fee.subscription);
        let texts = [share.agreement, &share.flow.id, share.currency];
        names.iter_mut().zip(texts).for_each(|(column, text)| column.push(Some(text)));
    }
    let [agreement, flow, currency] = names;
    let parties = &engine.subscribers.parties;
    let of = |codes: &[u32]| -> Vec<u32> { places.iter().map(|&at| codes[at]).collect() };
    let version = places.iter().map(|&at| part.shares.version[at].cast_signed());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(lines.finish()),
        dictionary(&Names::new([period]), &vec![0; places.len()])?,
        dictionary(&engine.subscribers.subscriptions.names, &subscriptions)?,
        agreement.finish()?,
        Arc::new(version.collect::<Int32Array>()),
        flow.finish()?,
        dictionary(parties, &of(&part.shares.payer))?,
        dictionary(parties, &of(&part.shares.payee))?,
        decimals(places.iter().map(|&at| part.shares.amount[at]).collect())?,
        currency.finish()?,
    ];
    batch(&SHARES, columns)
}

/// One share, with what it is of.
struct Shared<'a> {
    fee: &'a Fee,
    agreement: &'a str,
    flow: &'a Flow,
    currency: &'a str,
}

impl<'a> Shared<'a> {
    fn new(compiled: &'a Compiled, part: &'a Part, at: usize) -> Result<Self> {
        Self::find(compiled, part, at).ok_or_else(|| Error::Internal("a share of no fee".into()))
    }

    fn find(compiled: &'a Compiled, part: &'a Part, at: usize) -> Option<Self> {
        let shares = &part.shares;
        let fee = part.fees.get(*shares.line.get(at)? as usize)?;
        let agreement = compiled.agreements.get(*shares.agreement.get(at)? as usize)?;
        let flows = &agreement.versions.get(*shares.version.get(at)? as usize)?.flows;
        let flow = flows.get(*shares.flow.get(at)? as usize)?;
        let plan = compiled.plans.get(compiled.charges.get(fee.charge as usize)?.plan as usize)?;
        Some(Self { fee, agreement: &agreement.id, flow, currency: &plan.currency })
    }
}
