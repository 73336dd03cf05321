//! What ends a call. Rows never do: they become rejects.

use partita_money::MoneyError;

/// One thing wrong with the terms, with its path into the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

/// The errors of the engine; each has its own class in Python.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Terms that cannot be compiled: all that is wrong with them.
    #[error("{}", .0.iter().map(|p| format!("{}: {}", p.path, p.message)).collect::<Vec<_>>().join("\n"))]
    Catalog(Vec<Problem>),
    /// A table whose columns do not fit what they are mapped to.
    #[error("{0}")]
    UsageSchema(String),
    /// An amount of ours that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error("{0}")]
    Period(String),
    /// A promise of the engine's own that did not hold.
    #[error("{0}")]
    Internal(String),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// A catalog error with one problem.
    pub fn catalog(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Catalog(vec![Problem { path: path.into(), message: message.into() }])
    }
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
