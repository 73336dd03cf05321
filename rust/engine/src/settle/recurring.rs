//! Recurring fees of agreements: one for each pair of parties, or for each subscription under the agreement.

use std::collections::BTreeSet;

use crate::basis::recurring::{Month, Span};
use crate::basis::{Sums, put};
use crate::compile::{Flow, Role};
use crate::error::Result;
use crate::fees::holder::Holder;
use crate::settle::period::Currencies;
use crate::settle::roles::{Roles, Side, group_of};
use crate::settle::shares::{Cast, Share};
use crate::subscriber::NONE;

/// What recurring fees of one agreement are due on.
#[derive(Debug)]
pub struct Fees<'a> {
    pub roles: Roles<'a>,
    pub month: Month<'a>,
    /// When the agreement is in force.
    pub validity: Span,
    /// Whether each plan of the terms is one whose lines the agreement shares.
    pub plans: Vec<bool>,
}

/// A subscription under the agreement, with the plan first held and the days of the month that it holds one.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub subscription: u32,
    pub plan: u32,
    pub days: i32,
}

impl Fees<'_> {
    /// Whether a flow is in force at any time of the month.
    pub fn in_force(&self, flow: &Flow) -> bool {
        self.month.common(&[self.validity, (flow.from, flow.until)]).is_some()
    }

    /// The fee of each pair of parties.
    pub fn of_pairs(
        &self,
        flow: &Flow,
        fee: i128,
        prorate: bool,
        pairs: &[(Side, Side)],
        mut currency_of: impl FnMut(u32) -> Result<u32>,
    ) -> Result<Sums> {
        let days = self.month.days_due(&[self.validity, (flow.from, flow.until)], prorate);
        let amount = self.month.part(fee, days, flow.target)?;
        let fee =
            |(payer, payee): &(Side, Side)| Ok((group_of(*payer, *payee, NONE, currency_of(payer.party)?), amount));
        pairs.iter().map(fee).collect()
    }

    /// The fee of each subscription.
    pub fn of_subscriptions(
        &self,
        flow: &Flow,
        fee: i128,
        prorate: bool,
        currencies: &mut Currencies,
        cast: &mut Cast,
    ) -> Result<Sums> {
        let mut sums = Sums::new();
        for held in self.held(flow, prorate) {
            let payer = self.roles.of_subscription(flow.payer, held.subscription, held.plan, cast)?;
            let payee = self.roles.of_subscription(flow.payee, held.subscription, held.plan, cast)?;
            let name = self.roles.engine.subscribers.subscriptions.names.name(held.subscription).unwrap_or_default();
            let currency = currencies.of(flow, payer.party, cast)?;
            let group = group_of(payer, payee, cast.subscriptions.intern(name), currency);
            put(&mut sums, group, self.month.part(fee, held.days, flow.target)?)?;
        }
        Ok(sums)
    }

    /// The subscriptions that hold a plan of the agreement, under the flow's condition, at any instant of the month.
    pub fn held(&self, flow: &Flow, prorate: bool) -> Vec<Held> {
        let subscribers = &self.roles.engine.subscribers;
        let mut found: Vec<Held> = Vec::new();
        for holding in subscribers.holdings() {
            let spans = [self.validity, (flow.from, flow.until), (holding.from, holding.until)];
            let plan = holding.held.plan;
            if self.plans.get(plan as usize) != Some(&true) || self.month.common(&spans).is_none() {
                continue;
            }
            let holder = Holder::new(self.roles.engine, holding.held.subscription, plan, &[]);
            if !holder.is_some_and(|holder| flow.condition.fits(&holder)) {
                continue;
            }
            let days = self.month.days_due(&spans, prorate);
            match found.last_mut().filter(|last| last.subscription == holding.held.subscription) {
                Some(last) => last.days = (last.days + days).min(self.month.days),
                None => found.push(Held { subscription: holding.held.subscription, plan, days }),
            }
        }
        found
    }

    /// The pairs of parties that play a flow's roles: one where both are fixed, else those that shares of the period
    /// name in the same roles, of whichever version these are.
    pub fn pairs(&self, flow: &Flow, shares: &[&Share], cast: &mut Cast) -> Vec<(Side, Side)> {
        let fixed = (self.roles.fixed(flow.payer, cast), self.roles.fixed(flow.payee, cast));
        if let (Some(payer), Some(payee)) = fixed {
            return vec![(payer, payee)];
        }
        let agreement = self.roles.agreement;
        let mut pairs = BTreeSet::new();
        for share in shares {
            let version = agreement.versions.get(share.version);
            let Some(seen) = version.and_then(|version| version.flows.get(share.flow)) else { continue };
            let sides = [(seen.payer, share.group.payer), (seen.payee, share.group.payee)];
            let play = |role: Role| sides.into_iter().find(|(own, _)| *own == role);
            let bound = |role, fixed: Option<Side>| {
                fixed.or_else(|| play(role).map(|(_, party)| Side { party, account: NONE }))
            };
            pairs.extend(bound(flow.payer, fixed.0).zip(bound(flow.payee, fixed.1)));
        }
        pairs.into_iter().collect()
    }
}
