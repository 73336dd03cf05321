//! Counters held between calls, for a service that rates each event as it happens.
//!
//! A call opens just the counters that its records need, and when it has succeeded those it moved are put back: what it
//! costs does not depend on how many are held.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;

use super::{Options, Rated, Source, opening, output};
use crate::counter::{Counters, Key, Opening, Standing};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::folded::Folded;

/// An engine and the counters of the calls so far, which follow one after the other.
#[derive(Debug)]
pub struct Session {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    engine: Engine,
    counters: Arc<Opening>,
}

impl Session {
    /// A session that begins with these counters.
    pub fn new(engine: Engine, counters: Option<&RecordBatch>) -> Result<Self> {
        let opened = opening::open(&engine, counters, 1)?;
        let counters = Arc::new(opened.iter().flat_map(Counters::standing).collect());
        Ok(Self { state: Mutex::new(State { engine, counters }) })
    }

    /// Rates usage from the counters held on. Only a call that succeeds moves them.
    pub fn rate(&self, sources: &[Source], options: &Options) -> Result<Rated> {
        let mut state = self.state();
        let rated = state.engine.rate_from(sources, options, Some(&state.counters))?;
        let counters = Arc::make_mut(&mut state.counters);
        for standing in rated.counters.all() {
            counters.set(standing);
        }
        Ok(rated)
    }

    /// All counters held, by charge, owner and period.
    pub fn counters(&self) -> Result<RecordBatch> {
        let state = self.state();
        output::counters(&state.engine, state.counters.all().copied().collect())
    }

    /// Goes on with another engine: counters are found again by the names of charge and owner, and the start of their
    /// period. Without one of these names in the new engine, everything stays as it was.
    pub fn move_to(&self, engine: Engine) -> Result<()> {
        let mut state = self.state();
        let mut charges = Charges::new(&state.engine, &engine);
        let translated = state.counters.all().map(|standing| charges.translated(standing)).collect::<Result<_>>()?;
        *state = State { counters: Arc::new(translated), engine };
        Ok(())
    }

    /// A call that panicked has moved nothing, so what it leaves behind is good.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys of counters in two engines.
struct Charges<'a> {
    from: &'a Engine,
    to: &'a Engine,
    /// Whether codes of charges, and of owners that both were compiled with, are the same in both.
    same_terms: bool,
    kin: bool,
    known: HashMap<(u32, u32), (u32, u32), BuildHasherDefault<Folded>>,
}

impl<'a> Charges<'a> {
    fn new(from: &'a Engine, to: &'a Engine) -> Self {
        let same_terms = Arc::ptr_eq(&from.compiled, &to.compiled);
        let kin = from.subscribers.is_kin(&to.subscribers);
        Self { from, to, same_terms, kin, known: HashMap::default() }
    }

    fn translated(&mut self, standing: &Standing) -> Result<Standing> {
        let key = standing.key;
        let (tariff, charge) = self.charge(key)?;
        let (from, to) = (&self.from.subscribers, &self.to.subscribers);
        let terms = |engine: &Engine, charge: u32| engine.compiled.charges[charge as usize].counted;
        let Some((old, new)) = terms(self.from, key.charge).zip(terms(self.to, charge)) else {
            return Err(self.lost(key));
        };
        let (name, account) = from.owner(Some(old.scope), key.owner);
        let owner = match from.first_owners(old.scope) {
            first if self.kin && old.scope == new.scope && (key.owner as usize) < first => Some(key.owner),
            _ => to.owner_code(new.scope, name),
        };
        let owner = owner.ok_or_else(|| self.lost(key))?;
        let start = from.period_start(old.reset, account, key.period);
        let account = to.owner(Some(new.scope), owner).1;
        let period = to.period_of(new.reset, account, start);
        Ok(Standing { key: Key { tariff, charge, owner, period }, ..*standing })
    }

    fn charge(&mut self, key: Key) -> Result<(u32, u32)> {
        let code = (key.tariff, key.charge);
        if self.same_terms {
            return Ok(code);
        }
        if let Some(&known) = self.known.get(&code) {
            return Ok(known);
        }
        let path = self.from.compiled.path_of_charge(key.tariff, key.charge);
        let found = self.to.compiled.charge_of_path(&path).ok_or_else(|| self.lost(key))?;
        self.known.insert(code, found);
        Ok(found)
    }

    fn lost(&self, key: Key) -> Error {
        let path = self.from.compiled.path_of_charge(key.tariff, key.charge);
        let counted = self.from.compiled.charges[key.charge as usize].counted;
        let owner = self.from.subscribers.owner(counted.map(|counted| counted.scope), key.owner).0;
        Error::UsageSchema(format!(
            "the session has a counter of charge {path:?} with owner {owner:?}, the engine has not"
        ))
    }
}
