//! The Python binding: any Arrow object in, Arrow out, and no arithmetic of its own.

mod bill;
mod compact;
mod doorway;
mod engine;
mod export;
mod fees;
mod forked;
mod gather;
mod input;
mod memory;
mod post;
mod rate;
mod session;
mod settle;
mod sums;
mod table;

use pyo3::prelude::*;

/// The compiled core of the `partita` package.
#[pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bill::Documents;
    #[pymodule_export]
    use crate::compact::compacted;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::fees::Fees;
    #[pymodule_export]
    use crate::gather::{Gathered, marked, repeated};
    #[pymodule_export]
    use crate::post::Posted;
    #[pymodule_export]
    use crate::rate::Rated;
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::settle::Settled;
    #[pymodule_export]
    use crate::sums::{merge_line_sums, merge_share_sums};
    #[pymodule_export]
    use crate::table::Table;

    #[allow(non_upper_case_globals, reason = "the name is Python's")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    #[allow(clippy::unnecessary_wraps, reason = "the shape of a module's initialisation")]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::forked::remember();
        crate::memory::keep_pages();
        Ok(())
    }

    /// Minor-unit digits of an ISO 4217 currency; `None` when it has none or is not listed.
    #[pyfunction]
    fn currency_digits(code: &str) -> Option<u32> {
        partita_money::currency::digits(code)
    }

    /// Every reject code: number and name, by precedence.
    #[pyfunction]
    fn reject_codes() -> Vec<(u16, &'static str)> {
        partita_engine::reject::Code::ALL.iter().map(|code| (code.number(), code.name())).collect()
    }
}
