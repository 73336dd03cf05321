//! `Engine`: compile once, then run.

use std::collections::BTreeMap;

use partita_engine::Tables;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::table::one_batch;

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
        accounts: Option<AnyRecordBatch>,
        subscriptions: Option<AnyRecordBatch>,
        prefixes: Option<AnyRecordBatch>,
        tables: Option<BTreeMap<String, AnyRecordBatch>>,
    ) -> PyResult<Self> {
        let one = |object: Option<AnyRecordBatch>| object.map(one_batch).transpose();
        let lookups = tables.unwrap_or_default().into_iter().map(|(id, rows)| Ok((id, one_batch(rows)?)));
        let tables = Tables {
            accounts: one(accounts)?,
            subscriptions: one(subscriptions)?,
            prefixes: one(prefixes)?,
            lookups: lookups.collect::<PyResult<_>>()?,
        };
        enter(py, || partita_engine::Engine::new(terms, &tables)).map(Self)
    }
}
