//! `Session`: counters held between calls.

use partita_engine::{Opened, Options, schema};
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::rate::{NamedSource, Rated, sources_of};
use crate::table::Table;

/// An engine and the counters of the calls so far. Calls of several threads follow one after the other; who waits does
/// so without the GIL, and who rates never waits for it.
#[pyclass(frozen, module = "partita._core")]
pub(crate) struct Session(partita_engine::Session);

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (engine, counters=None))]
    fn new(py: Python<'_>, engine: &Engine, counters: Option<Batches>) -> PyResult<Self> {
        let counters = counters.map(Batches::one).transpose()?;
        let engine = engine.engine().clone();
        enter(py, || partita_engine::Session::new(engine, counters.as_ref())).map(Self)
    }

    /// Rates sources as `Engine.rate` does, from the counters held on, and moves them if it succeeds.
    #[pyo3(signature = (sources, itemised=false, check_duplicates=false, shares=true, share_sums=false))]
    fn rate(
        &self,
        py: Python<'_>,
        sources: Vec<NamedSource>,
        itemised: bool,
        check_duplicates: bool,
        shares: bool,
        share_sums: bool,
    ) -> PyResult<Rated> {
        let sources = sources_of(sources);
        let (counters, closed) = (Opened::None, None);
        let (lines, line_sums) = (true, false);
        let options = Options {
            counters,
            itemised,
            check_duplicates,
            beside: false,
            lines,
            shares,
            line_sums,
            share_sums,
            closed,
            gathered: false,
        };
        Rated::new(py, enter(py, || self.0.rate(&sources, &options))?)
    }

    /// All counters that it holds.
    fn counters(&self, py: Python<'_>) -> PyResult<Table> {
        let counters = enter(py, || self.0.counters())?;
        Ok(Table::new(vec![counters], schema::COUNTERS.clone()))
    }

    /// Goes on with another engine.
    fn move_to(&self, py: Python<'_>, engine: &Engine) -> PyResult<()> {
        let engine = engine.engine().clone();
        enter(py, || self.0.move_to(engine))
    }
}
