//! Counters that a call has moved: given out as a table of names, and remembered by their codes.
//!
//! A service hands the counters of an account back with its next event. Found again by codes, they need no look-up of
//! names among all that there are.

use std::sync::{Arc, Weak};

use arrow_array::RecordBatch;

use super::{Partitions, opening, output};
use crate::compile::Compiled;
use crate::counter::{Counters, Standing};
use crate::engine::Engine;
use crate::error::Result;
use crate::subscriber::Subscribers;

/// Where the counters stand that a call has moved. It keeps no engine in memory.
#[derive(Debug, Clone)]
pub struct Moved {
    all: Arc<[Counters]>,
    compiled: Weak<Compiled>,
    subscribers: Weak<Subscribers>,
}

impl Moved {
    pub(super) fn new(engine: &Engine, counters: Partitions) -> Self {
        let (compiled, subscribers) = (Arc::downgrade(&engine.compiled), Arc::downgrade(&engine.subscribers));
        Self { all: counters.into_iter().map(Counters::at_rest).collect(), compiled, subscribers }
    }

    /// Their table, by the engine that moved them.
    pub fn table(&self, engine: &Engine) -> Result<RecordBatch> {
        output::counters(engine, self.all().collect())
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = Standing> {
        self.all.iter().flat_map(Counters::moved)
    }

    /// Whether an engine has the codes of the one that moved them.
    pub fn is_of(&self, engine: &Engine) -> bool {
        self.compiled.as_ptr() == Arc::as_ptr(&engine.compiled)
            && self.subscribers.as_ptr() == Arc::as_ptr(&engine.subscribers)
    }

    /// The counters of so many partitions, for such an engine.
    pub(super) fn open(&self, engine: &Engine, count: usize) -> Partitions {
        let mut partitions: Partitions = (0..count).map(|_| Counters::default()).collect();
        for standing in self.all() {
            opening::open_at(engine, &standing, &mut partitions);
        }
        partitions
    }
}
