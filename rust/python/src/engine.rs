//! `Engine`: compile once, then run.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use partita_engine::Tables;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::input::Batches;

/// Terms and subscribers, compiled; immutable and shared by threads.
#[pyclass(frozen, module = "partita._core")]
pub(crate) struct Engine(partita_engine::Engine);

impl Engine {
    pub(crate) fn engine(&self) -> &partita_engine::Engine {
        &self.0
    }
}

#[pymethods]
impl Engine {
    /// Compiles a terms document (JSON) and the tables beside it (any Arrow objects).
    #[new]
    #[pyo3(signature = (terms, accounts=None, subscriptions=None, prefixes=None, tables=None))]
    fn new(
        py: Python<'_>,
        terms: &str,
        accounts: Option<Batches>,
        subscriptions: Option<Batches>,
        prefixes: Option<Batches>,
        tables: Option<BTreeMap<String, Batches>>,
    ) -> PyResult<Self> {
        let tables = Tables {
            accounts: optional_batch(accounts)?,
            subscriptions: optional_batch(subscriptions)?,
            ..terms_tables(prefixes, tables)?
        };
        enter(py, || partita_engine::Engine::new(terms, &tables)).map(Self)
    }

    /// The engine with accounts and subscriptions upserted.
    #[pyo3(signature = (accounts=None, subscriptions=None))]
    fn with_rows(&self, py: Python<'_>, accounts: Option<Batches>, subscriptions: Option<Batches>) -> PyResult<Self> {
        let (accounts, subscriptions) = (optional_batch(accounts)?, optional_batch(subscriptions)?);
        enter(py, || self.0.with_rows(accounts.as_ref(), subscriptions.as_ref())).map(Self)
    }

    /// The engine with other terms and what they look up, for the same subscribers.
    #[pyo3(signature = (terms, prefixes=None, tables=None))]
    fn with_terms(
        &self,
        py: Python<'_>,
        terms: &str,
        prefixes: Option<Batches>,
        tables: Option<BTreeMap<String, Batches>>,
    ) -> PyResult<Self> {
        let tables = terms_tables(prefixes, tables)?;
        enter(py, || self.0.with_terms(terms, &tables)).map(Self)
    }

    /// The time zones of accounts, none of one that is not known.
    #[allow(clippy::needless_pass_by_value, reason = "what Python hands over")]
    fn zones(&self, accounts: Vec<String>) -> Vec<Option<&str>> {
        accounts.iter().map(|account| self.0.zone_of(account)).collect()
    }
}

fn optional_batch(object: Option<Batches>) -> PyResult<Option<RecordBatch>> {
    object.map(Batches::one).transpose()
}

/// The tables that belong to the terms.
fn terms_tables(prefixes: Option<Batches>, tables: Option<BTreeMap<String, Batches>>) -> PyResult<Tables> {
    let lookups = tables.unwrap_or_default().into_iter().map(|(id, rows)| Ok((id, rows.one()?)));
    let lookups = lookups.collect::<PyResult<_>>()?;
    Ok(Tables { prefixes: optional_batch(prefixes)?, lookups, ..Tables::default() })
}
