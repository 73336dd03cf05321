//! The greater of what flows come to and what is guaranteed.

use super::Period;
use crate::basis::greater_of::Choices;
use crate::basis::{Sums, put, stored};
use crate::compile::{Basis, Flow};
use crate::error::Result;
use crate::settle::roles::{Side, group_of};
use crate::subscriber::NONE;

impl Period<'_> {
    /// What a `greater_of` chooses from, by its own groups.
    pub(super) fn choices<'c>(
        &mut self,
        flow: &Flow,
        flows: &[Flow],
        sums: &[Option<Sums>],
        (named, amounts): (&[usize], &'c [i128]),
        each: bool,
    ) -> Result<Choices<'c>> {
        let mut choices = Choices { amounts, ..Choices::default() };
        for &place in named {
            let (Some(other), Some(Some(sums))) = (flows.get(place), sums.get(place)) else { continue };
            // What an earlier version had paid by itself is not paid once more.
            let sums = if other.at_close { sums.clone() } else { self.of_records(other, |own| !own.is_paid())? };
            let mut own = Sums::new();
            for (&group, &amount) in &sums {
                let payer = Side { party: group.payer, account: group.payer_account };
                let carried = self.fees.roles.carried(flow, other, group, payer, self.cast)?;
                put(&mut own, if each { carried } else { carried.whole() }, amount)?;
            }
            let is_fee = matches!(other.basis, Basis::Recurring { .. });
            if is_fee { &mut choices.fees } else { &mut choices.measured }.push(own);
        }
        Ok(choices)
    }

    /// The greatest of some flows and amounts. A guaranteed amount is due to parties that do not depend on usage even if
    /// nothing was sold.
    pub(super) fn greater_of(&mut self, (place, flow): (usize, &Flow), choices: &Choices, each: bool) -> Result<Sums> {
        let mut sums = if choices.amounts.is_empty() { Sums::new() } else { self.guaranteed(flow, each)? };
        sums.extend(choices.groups().map(|group| (*group, 0)));
        for (group, amount) in &mut sums {
            *amount = stored(choices.greatest(group), flow.target)?;
            if let Some(measured) = choices.measured(group) {
                self.true_ups.insert((place, *group), *amount - stored(measured, flow.target)?);
            }
        }
        Ok(sums)
    }

    fn guaranteed(&mut self, flow: &Flow, each: bool) -> Result<Sums> {
        let roles = self.fees.roles;
        let mut groups = Sums::new();
        if each {
            for held in self.fees.held(flow, true) {
                let payer = roles.of_subscription(flow.payer, held.subscription, held.plan, self.cast)?;
                let payee = roles.of_subscription(flow.payee, held.subscription, held.plan, self.cast)?;
                let name = roles.engine.subscribers.subscriptions.names.name(held.subscription).unwrap_or_default();
                let currency = self.currencies.of(flow, payer.party, self.cast)?;
                groups.insert(group_of(payer, payee, self.cast.subscriptions.intern(name), currency), 0);
            }
        } else if let (Some(payer), Some(payee)) =
            (roles.fixed(flow.payer, self.cast), roles.fixed(flow.payee, self.cast))
        {
            let currency = self.currencies.of(flow, payer.party, self.cast)?;
            groups.insert(group_of(payer, payee, NONE, currency), 0);
        }
        Ok(groups)
    }
}
