//! Which currency a flow on the whole period is in, where no share says so.

use std::collections::BTreeMap;

use crate::compile::{Agreement, Flow};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::settle::shares::{Cast, Share};

/// The currencies of an agreement's flows on the period.
#[derive(Debug)]
pub struct Currencies<'a> {
    engine: &'a Engine,
    agreement: &'a Agreement,
    /// The agreement's; else the one that its shares are in; else that of all plans that it applies to.
    common: Option<u32>,
    /// Else that of the payer's account: by the codes of parties and currencies among the accounts, once it is asked for.
    own: Option<BTreeMap<u32, u32>>,
}

impl<'a> Currencies<'a> {
    /// Those of an agreement with these shares.
    pub fn new(engine: &'a Engine, agreement: &'a Agreement, shares: &[&Share], cast: &mut Cast) -> Self {
        let said = agreement.currency.as_deref().map(|currency| cast.currencies.intern(currency));
        let only = || {
            let first = shares.first()?.group.currency;
            shares.iter().all(|share| share.group.currency == first).then_some(first)
        };
        let of_plans = || agreement.currency_of_plans(&engine.compiled);
        let common = said.or_else(only).or_else(|| of_plans().map(|currency| cast.currencies.intern(currency)));
        Self { engine, agreement, common, own: None }
    }

    /// That of what a party pays by a flow.
    pub fn of(&mut self, flow: &Flow, payer: u32, cast: &mut Cast) -> Result<u32> {
        let found = self.common.or_else(|| self.of_account(payer, cast));
        found.ok_or_else(|| {
            let path = format!("agreements.{}.flows.{}", self.agreement.id, flow.id);
            Error::catalog(path, "is not of one currency: say which the agreement is in (currency)")
        })
    }

    /// That of the first account, bytewise, that a party owns.
    fn of_account(&mut self, party: u32, cast: &mut Cast) -> Option<u32> {
        let subscribers = self.engine.subscribers.as_ref();
        let party = subscribers.parties.code(cast.parties.name(party)?)?;
        let own = self.own.get_or_insert_with(|| self.engine.currencies_of_parties());
        own.get(&party).and_then(|&code| subscribers.currencies.name(code)).map(|name| cast.currencies.intern(name))
    }
}
