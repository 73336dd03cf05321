//! Counters that a call begins with, in the partitions of their owners.

use arrow_array::RecordBatch;

use super::Partitions;
use super::chunk::partition_of;
use crate::catalog::Scope;
use crate::column::{Cell, Numbers, Text, TimeFormat, Times};
use crate::counter::{Counters, Key, Standing};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Counters by partition, with those that a table opens.
pub fn open(engine: &Engine, table: Option<&RecordBatch>, count: usize) -> Result<Partitions> {
    let mut partitions: Partitions = (0..count).map(|_| Counters::default()).collect();
    if let Some(table) = table {
        open_from(engine, table, &mut partitions)?;
    }
    Ok(partitions)
}

/// Reads opening counters into their owners' partitions.
fn open_from(engine: &Engine, table: &RecordBatch, partitions: &mut [Counters]) -> Result<()> {
    let column = |name: &str| {
        table.column_by_name(name).ok_or_else(|| Error::UsageSchema(format!("the counters have no column {name:?}")))
    };
    let format = TimeFormat { format: None, zone: None, refuse: false };
    let charge = Text::read("charge", column("charge")?, None)?;
    let owner = Text::read("owner", column("owner")?, None)?;
    let start = Times::read("period_start", column("period_start")?, &format)?;
    let watermark = Times::read("watermark", column("watermark")?, &format)?;
    let quantity = Numbers::read("quantity", column("quantity")?, None)?;
    let amount = Numbers::read("amount", column("amount")?, None)?;
    for row in 0..table.num_rows() {
        let (Some(path), Some(owner)) = (charge.get(row), owner.get(row)) else { continue };
        let Some((key, account)) = find(engine, path, owner, start.values[row]) else {
            return Err(Error::UsageSchema(format!("counters row {row}: no charge {path:?} with owner {owner:?}")));
        };
        let count = crate::charge::Count { quantity: quantity.values[row], amount: amount.values[row] };
        let seen = if watermark.cells.get(row) == Cell::Fine { watermark.values[row] } else { i64::MIN };
        let partition = partition_of(account, partitions.len());
        partitions[partition].open(key, count, seen);
    }
    Ok(())
}

/// Opens a counter where it stands, in its owner's partition.
pub fn open_at(engine: &Engine, standing: &Standing, partitions: &mut [Counters]) {
    let key = standing.key;
    let counted = engine.compiled.charges[key.charge as usize].counted;
    let (_, account) = engine.subscribers.owner(counted.map(|counted| counted.scope), key.owner);
    partitions[partition_of(account, partitions.len())].open(key, standing.count, standing.watermark);
}

/// The key of a counter by its names, and the account whose partition it belongs to.
fn find(engine: &Engine, path: &str, owner: &str, period_start: i64) -> Option<(Key, u32)> {
    let (compiled, subscribers) = (&engine.compiled, &engine.subscribers);
    let (tariff, charge) = compiled.charge_of_path(path)?;
    let counted = compiled.charges[charge as usize].counted?;
    let (owner, account) = match counted.scope {
        Scope::Account => {
            let account = subscribers.accounts.names.code(owner)?;
            (account, account)
        }
        Scope::Subscription | Scope::Record => {
            let subscription = subscribers.subscriptions.names.code(owner)?;
            (subscription, subscribers.subscriptions.account[subscription as usize])
        }
    };
    let period = subscribers.period_of(counted.reset, account, period_start);
    Some((Key { tariff, charge, owner, period }, account))
}
