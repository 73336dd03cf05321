//! The one doorway from Python to the engine: releases the GIL, catches panics, maps errors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use partita_engine::{Error, Problem, interrupt};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use crate::forked;

thread_local! {
    /// What a signal's handler raised while a verb ran.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Runs a verb without the GIL, until it is done or a signal's handler raises; a panic becomes an `InternalError`.
pub(crate) fn enter<T: Send>(py: Python<'_>, verb: impl Send + FnOnce() -> Result<T, Error>) -> PyResult<T> {
    let asking = || interrupt::asking(is_interrupted, verb);
    let working = || match forked::pool() {
        Some(pool) => pool.install(asking),
        None => asking(),
    };
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(working)));
    outcome.unwrap_or_else(|panic| Err(Error::Internal(message_of(&*panic)))).map_err(|error| to_python(py, &error))
}

/// Whether a signal has come (Ctrl-C, say) whose handler raises. Python runs handlers in its main thread only.
fn is_interrupted() -> bool {
    Python::attach(|py| py.check_signals().map_err(|error| RAISED.set(Some(error))).is_err())
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".into())
}

/// An engine error as the class of `partita.errors` with its name.
fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    raised(py, error).unwrap_or_else(|failure| failure)
}

fn raised(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let classes = py.import("partita.errors")?;
    let named =
        |name: &str| -> PyResult<PyErr> { Ok(PyErr::from_value(classes.getattr(name)?.call1((error.to_string(),))?)) };
    match error {
        Error::Catalog(problems) => {
            let problem = classes.getattr("Problem")?;
            let shown = |p: &Problem| problem.call1((p.path.clone(), p.message.clone()));
            let problems = problems.iter().map(shown).collect::<PyResult<Vec<_>>>()?;
            Ok(PyErr::from_value(classes.getattr("CatalogError")?.call1((problems,))?))
        }
        Error::UsageSchema(_) => named("UsageSchemaError"),
        Error::Money(_) => named("MoneyError"),
        Error::Period(_) => named("PeriodError"),
        Error::Internal(_) => named("InternalError"),
        Error::Interrupted => Ok(RAISED.take().unwrap_or_else(|| PyKeyboardInterrupt::new_err(()))),
    }
}
