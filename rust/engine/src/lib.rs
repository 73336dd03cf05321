//! Partita's engine: the five verbs (rate, split, bill, settle, post) over Arrow.
//!
//! Terms go down once as a document, Arrow batches go through, Arrow batches come back. The engine knows nothing of
//! Python, files, SQL, clocks or time-zone databases: time is an argument.

#![allow(missing_docs, reason = "fields of plain data are named by their words")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "codes are u32 by construction; values are converted with try_from"
)]

mod band;
mod basis;
mod bill;
mod buckets;
pub mod catalog;
mod charge;
mod clock;
mod column;
pub mod compact;
mod compile;
mod condition;
mod counter;
mod dictionary;
mod directory;
mod document;
mod engine;
mod error;
mod fees;
mod few;
#[cfg(test)]
mod fixture;
mod folded;
mod guide;
mod identity;
pub mod interrupt;
mod keys;
mod names;
mod narrow;
mod output;
mod patches;
mod places;
mod post;
mod prefetch;
mod rate;
pub mod reject;
pub mod repeated;
pub mod schema;
mod settle;
mod split;
mod subscriber;
pub mod sums;
mod table;
mod texts;
mod trie;
mod under_way;
mod zone;

pub use compile::Compiled;
pub use document::Documents;
pub use engine::{Engine, Tables};
pub use error::{Error, Problem, Result};
pub use fees::Fees;
pub use post::Posted;
pub use rate::{Gathered, Moved, Opened, Options, Rated, Session, Source, Spread, Totals};
pub use settle::Settled;
pub use subscriber::Subscribers;
