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
        let compiled = compile(terms, tables)?;
        let empty = RecordBatch::new_empty(Arc::new(arrow_schema::Schema::empty()));
        let subscribers = match (&tables.accounts, &tables.subscriptions) {
            (None, None) => Subscribers::default(),
            (accounts, subscriptions) => Subscribers::new(
                &context(&compiled),
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

    /// The engine with accounts and subscriptions upserted: at a cost of the rows, and sharing all else with this one,
    /// which stays as it is.
    pub fn with_rows(&self, accounts: Option<&RecordBatch>, subscriptions: Option<&RecordBatch>) -> Result<Self> {
        let subscribers = self.subscribers.with(&context(&self.compiled), accounts, subscriptions)?;
        let dictionaries = Arc::new(self.dictionaries.with(&subscribers));
        Ok(Self { compiled: self.compiled.clone(), subscribers: Arc::new(subscribers), dictionaries })
    }

    /// The engine with other terms, prefixes and look-up tables, for the same subscribers. The terms may differ in
    /// what these tables are for, and in time zones and currencies that come after those known.
    pub fn with_terms(&self, terms: &str, tables: &Tables) -> Result<Self> {
        let compiled = compile(terms, tables)?;
        let clocks = compiled.clocks.iter().zip(&self.compiled.clocks).all(|(new, old)| new.name == old.name);
        let same = |new: &crate::names::Names, old: &crate::names::Names| new.all().eq(old.all());
        if !clocks
            || compiled.clocks.len() < self.compiled.clocks.len()
            || !same(&compiled.plan_names, &self.compiled.plan_names)
            || !same(&compiled.parties, &self.compiled.parties)
        {
            return Err(Error::Internal(
                "terms with other parties, plans or time zones need an engine of theirs".into(),
            ));
        }
        let mut subscribers = (*self.subscribers).clone();
        subscribers.know_months(&context(&compiled));
        let dictionaries = Dictionaries::new(&compiled, &subscribers);
        Ok(Self {
            compiled: Arc::new(compiled),
            subscribers: Arc::new(subscribers),
            dictionaries: Arc::new(dictionaries),
        })
    }

    /// The time zone of an account.
    pub fn zone_of(&self, account: &str) -> Option<&str> {
        let code = self.subscribers.accounts.names.code(account)?;
        let clock = *self.subscribers.accounts.clock.get(code as usize)?;
        self.compiled.clocks.get(clock as usize).map(|clock| clock.name.as_str())
    }
}

fn compile(terms: &str, tables: &Tables) -> Result<Compiled> {
    let terms: Terms = serde_json::from_str(terms).map_err(|error| Error::catalog("", format!("terms: {error}")))?;
    Compiled::new(&terms, tables.prefixes.as_ref(), &tables.lookups)
}

fn context(compiled: &Compiled) -> Context<'_> {
    Context {
        clocks: &compiled.clocks,
        parties: &compiled.parties,
        plans: &compiled.plan_names,
        plan_currencies: compiled.plans.iter().map(|plan| plan.currency.as_str()).collect(),
    }
}
