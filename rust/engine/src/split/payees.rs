//! Who is paid how much of a flow.

use partita_money::{Dec, allocate};

use super::{Line, Shares, Space, Split};
use crate::compile::{Flow, Number, Role};
use crate::condition::Source;
use crate::rate::Fault;
use crate::reject::Code;
use crate::subscriber::NONE;

impl<L: Line> Split<'_, L> {
    /// Deals the base among payees by weights, by largest remainder at the 12th decimal.
    pub(super) fn deal(
        &self,
        flow: &Flow,
        weights: &[(Role, Number)],
        place: (usize, usize, usize),
        shares: &mut Shares,
        space: &mut Space,
    ) -> Result<Option<i128>, Fault> {
        let Some(base) = self.base(flow, space)? else { return Ok(None) };
        let overflow = |_| self.fault(Code::Overflow, flow);
        let mut numbers = Vec::with_capacity(weights.len());
        for (_, weight) in weights {
            numbers.push(Dec::from_raw(self.number(flow, weight, space)?).map_err(overflow)?);
        }
        let total = Dec::from_raw(base).map_err(overflow)?;
        // Weights that look-ups make negative or all zero share nothing that could be dealt.
        let parts = allocate(total, &numbers, Dec::SCALE).map_err(|_| self.fault(Code::NoShare, flow))?;
        // Parties are asked for only where somebody pays, or a flow of the period needs them.
        if flow.is_paid() || flow.is_measured {
            let payer = self.party(flow, flow.payer)?;
            for ((role, _), part) in weights.iter().zip(parts) {
                let payee = self.party(flow, *role)?;
                self.share(place, (payer, payee), part.raw(), (flow.is_paid(), *role), shares);
            }
        }
        Ok(Some(base))
    }

    pub(super) fn share(
        &self,
        place: (usize, usize, usize),
        parties: (u32, u32),
        amount: i128,
        (paid, to): (bool, Role),
        shares: &mut Shares,
    ) {
        shares.line.push(self.number);
        shares.agreement.push(place.0 as u32);
        shares.version.push(place.1 as u32);
        shares.flow.push(place.2 as u32);
        shares.payer.push(parties.0);
        shares.payee.push(parties.1);
        shares.amount.push(amount);
        shares.paid.push(paid);
        shares.to_owner.push(to == Role::AccountOwner);
    }

    /// The party that plays a role for this line.
    pub(super) fn party(&self, flow: &Flow, role: Role) -> Result<u32, Fault> {
        let (compiled, subscribers) = (self.line.compiled(), self.line.subscribers());
        let (subscription, account, plan) = self.line.holder();
        let sold_by = subscribers.subscriptions.sold_by[subscription as usize];
        let party = match role {
            Role::Party(party) => party,
            Role::AccountOwner => subscribers.accounts.owner[account as usize],
            Role::Seller => compiled.plans[plan as usize].seller.unwrap_or(sold_by),
            Role::SoldBy => sold_by,
            Role::IntroducedBy => subscribers.subscriptions.introduced_by[subscription as usize],
            Role::Attribute(attribute) => {
                let name = self.line.text(Source::Attribute(attribute));
                name.and_then(|name| compiled.parties.code(name)).unwrap_or(NONE)
            }
        };
        let known = (party != NONE).then_some(party).or(self.agreement.suspense);
        let named = match role {
            Role::Attribute(attribute) => self.line.text(Source::Attribute(attribute)),
            _ => None,
        };
        known.ok_or_else(|| Fault { value: named.map(str::to_owned), ..self.fault(Code::UnknownParty, flow) })
    }
}
