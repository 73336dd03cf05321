//! Who pays whom in a flow on a whole period, where there is no record to ask: by role, or as in the flows beneath.

use crate::basis::Group;
use crate::compile::{Agreement, Compiled, Flow, Role};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::patches::Column;
use crate::settle::shares::Cast;
use crate::subscriber::{NONE, Subscribers, Subscription};

/// One side of a flow: a party, and its account where the role says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    pub party: u32,
    pub account: u32,
}

/// The roles of one agreement.
#[derive(Debug, Clone, Copy)]
pub struct Roles<'a> {
    pub engine: &'a Engine,
    pub agreement: &'a Agreement,
}

impl<'a> Roles<'a> {
    fn compiled(self) -> &'a Compiled {
        self.engine.compiled.as_ref()
    }

    fn subscribers(self) -> &'a Subscribers {
        self.engine.subscribers.as_ref()
    }

    /// The party of a role that is one party, whoever buys what.
    pub fn fixed(self, role: Role, cast: &mut Cast) -> Option<Side> {
        let Role::Party(code) = role else { return None };
        let party = cast.parties.intern(self.compiled().parties.name(code)?);
        Some(Side { party, account: NONE })
    }

    /// The party of a role for a subscription and the plan that it holds.
    pub fn of_subscription(self, role: Role, subscription: u32, plan: u32, cast: &mut Cast) -> Result<Side> {
        if let Some(side) = self.fixed(role, cast) {
            return Ok(side);
        }
        let subscribers = self.subscribers();
        let held = &subscribers.subscriptions;
        let of = |codes: &Column<u32, Subscription>| codes.get(subscription as usize).copied().unwrap_or(NONE);
        let account = of(&held.account);
        let (party, account) = match role {
            Role::AccountOwner => {
                let owner = subscribers.accounts.owner.get(account as usize).copied().unwrap_or(NONE);
                (subscribers.parties.name(owner), subscribers.accounts.names.name(account))
            }
            Role::Seller => (self.seller(plan, of(&held.sold_by)), None),
            Role::SoldBy => (subscribers.parties.name(of(&held.sold_by)), None),
            Role::IntroducedBy => (subscribers.parties.name(of(&held.introduced_by)), None),
            Role::Party(_) | Role::Attribute(_) => (None, None),
        };
        let party = party.ok_or_else(|| self.unbound(role, subscription))?;
        let account = account.map_or(NONE, |account| cast.accounts.intern(account));
        Ok(Side { party: cast.parties.intern(party), account })
    }

    fn seller(self, plan: u32, sold_by: u32) -> Option<&'a str> {
        let seller = self.compiled().plans.get(plan as usize).and_then(|plan| plan.seller);
        seller.map_or_else(|| self.subscribers().parties.name(sold_by), |seller| self.compiled().parties.name(seller))
    }

    fn unbound(self, role: Role, subscription: u32) -> Error {
        let name = self.subscribers().subscriptions.names.name(subscription).unwrap_or_default();
        let role = match role {
            Role::SoldBy => "sold_by",
            Role::IntroducedBy => "introduced_by",
            Role::Seller => "seller",
            _ => "party by a column",
        };
        Error::catalog(
            format!("agreements.{}", self.agreement.id),
            format!("a flow of the period needs the {role} of subscription {name:?}, which has none"),
        )
    }

    /// The group of a flow in which a group of another flow counts. A role that is fixed is played by its party, and one
    /// that the subscription decides by the subscription's; one that both flows have by the same party; else the payer
    /// is `payer`, and the payee as in the other flow.
    pub fn carried(self, flow: &Flow, other: &Flow, group: Group, payer: Side, cast: &mut Cast) -> Result<Group> {
        let sides = (
            Side { party: group.payer, account: group.payer_account },
            Side { party: group.payee, account: group.payee_account },
        );
        let held = cast.subscriptions.name(group.subscription);
        let held = held.and_then(|name| self.subscribers().subscriptions.names.code(name));
        let mut bind = |role: Role, otherwise: Side| match held {
            Some(held) if role.is_of_subscription() => self.of_subscription(role, held, NONE, cast),
            _ => {
                let same = [(other.payee, sides.1), (other.payer, sides.0)].into_iter().find(|(own, _)| *own == role);
                Ok(self.fixed(role, cast).or(same.map(|(_, side)| side)).unwrap_or(otherwise))
            }
        };
        let payer = bind(flow.payer, payer)?;
        let payee = bind(flow.payee, if flow.payee == flow.payer { payer } else { sides.1 })?;
        Ok(group_of(payer, payee, group.subscription, group.currency))
    }
}

/// The group of two sides.
pub fn group_of(payer: Side, payee: Side, subscription: u32, currency: u32) -> Group {
    Group {
        payer: payer.party,
        payee: payee.party,
        payer_account: payer.account,
        payee_account: payee.account,
        subscription,
        currency,
    }
}
