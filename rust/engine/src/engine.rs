//! The engine: terms and subscribers, compiled once, immutable, shared by threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::catalog::Terms;
use crate::compile::Compiled;
use crate::dictionary::Dictionaries;
use crate::error::{Error, Result};
use crate::subscriber::{Context, Subscribers};

/// The tables that come beside the terms.
#[derive(Debug, Default)]
pub struct Tables {
    /// Columns account, owner, currency; optional group, zone, `cycle_day`, territory, `tax_category`, `payment_days`.
    pub accounts: Option<RecordBatch>,
    /// Columns subscription, account, plan, from, until; keys or key; optional `sold_by`, `introduced_by`, priority,
    /// `billed_until`.
    pub subscriptions: Option<RecordBatch>,
    /// Columns prefix, zone.
    pub prefixes: Option<RecordBatch>,
    /// Look-up tables by id.
    pub lookups: BTreeMap<String, RecordBatch>,
}

/// What every verb runs on.
#[derive(Debug, Clone)]
pub struct Engine {
    pub compiled: Arc<Compiled>,
    pub subscribers: Arc<Subscribers>,
    pub dictionaries: Arc<Dictionaries>,
}

impl Engine {
    /// Compiles a terms document (JSON) and its tables.
    pub fn new(terms: &str, tables: &Tables) -> Result<Self> {
        let terms: Terms =
            serde_json::from_str(terms).map_err(|error| Error::catalog("", format!("terms: {error}")))?;
        let compiled = Compiled::new(&terms, tables.prefixes.as_ref(), &tables.lookups)?;
        let plan_currencies = compiled.plans.iter().map(|plan| plan.currency.as_str()).collect();
        let context =
            Context { clocks: &compiled.clocks, parties: &terms.parties, plans: &compiled.plan_names, plan_currencies };
        let empty = RecordBatch::new_empty(Arc::new(arrow_schema::Schema::empty()));
        let subscribers = match (&tables.accounts, &tables.subscriptions) {
            (None, None) => Subscribers::default(),
            (accounts, subscriptions) => Subscribers::new(
                &context,
                accounts.as_ref().unwrap_or(&empty),
                subscriptions.as_ref().unwrap_or(&empty),
            )?,
        };
        let dictionaries = Dictionaries::new(&compiled, &subscribers);
        Ok(Self {
            compiled: Arc::new(compiled),
            subscribers: Arc::new(subscribers),
            dictionaries: Arc::new(dictionaries),
        })
    }
}
