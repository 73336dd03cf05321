//! split: what each party gets of a line, exact.
//!
//! Every agreement that applies to a line computes its flows in order, each from its bases as stored. Lines of usage are
//! split in the pass that prices them, lines of fees when their period closes, by the same code: what differs is what a
//! line knows (`Line`). Flows on the record itself (a fee an event, a price a unit, another plan) are computed once a
//! record, with the first of its lines that the agreement applies to. A flow that needs the whole period waits for its
//! close.

mod columns;
mod exact;
mod parts;
mod payees;
mod record;
mod safe;
mod shares;

use crate::charge::{Count, Input, Target, in_range, rounded};
use crate::column::ONE;
use crate::compile::{Agreement, Basis, Compiled, Flow, Number, Scratch};
use crate::condition::{Attributes, Source};
use crate::rate::Fault;
use crate::reject::Code;
use crate::subscriber::Subscribers;

pub use parts::{Part, Parts, Who};
pub use record::split_row;
pub use safe::Safe;
pub use shares::Shares;

/// What flows ask of a line.
pub trait Line: Attributes {
    /// The terms.
    fn compiled(&self) -> &Compiled;
    /// Accounts and subscriptions.
    fn subscribers(&self) -> &Subscribers;
    /// Its subscription, account and plan.
    fn holder(&self) -> (u32, u32, u32);
    /// When it was used, or the start of the time that it covers.
    fn time(&self) -> i64;
    /// Its amount as stored.
    fn amount(&self) -> i128;
    /// Whether it bears what flows charge for its record: the first line under the agreement does.
    fn bears(&self) -> bool;
    /// The record's quantity, or what its lines billed.
    fn units(&self, billed: bool, blame: impl Fn(Code) -> Fault) -> Result<i128, Fault>;
    /// What a cost plan makes of the record, or of the time covered; none if nothing. `cost` is the flow's place among
    /// those with a plan, `blame` makes the flow's faults.
    fn cost(&self, plan: usize, cost: usize, blame: impl Fn(Code) -> Fault) -> Result<Option<i128>, Fault>;
}

/// What splitting uses again and again.
#[derive(Debug, Default)]
pub struct Space {
    /// What each flow made of the line; none if it is absent.
    amounts: Vec<Option<i128>>,
    scratch: Scratch,
}

/// One line on its way through one agreement.
struct Split<'a, L> {
    line: &'a L,
    agreement: &'a Agreement,
    /// The line's number in the shares.
    number: u32,
}

/// Splits one line under an agreement that applies to it; `place` is the agreement's, `number` the line's in the shares.
pub fn split_line<L: Line>(
    line: &L,
    (place, agreement): (usize, &Agreement),
    number: u32,
    shares: &mut Shares,
    space: &mut Space,
) -> Result<(), Fault> {
    let Some(version_number) = agreement.version_at(line.time()) else {
        let unmet = Fault::new(Code::NoAgreement, &agreement.id, None);
        return if agreement.require { Err(unmet) } else { Ok(()) };
    };
    let version = &agreement.versions[version_number];
    if !version.territory.is_empty() {
        let territory = line.text(Source::Territory);
        if !territory.is_some_and(|territory| version.territory.iter().any(|listed| lies_in(territory, listed))) {
            return Err(Fault::new(Code::OutsideTerritory, &agreement.id, territory));
        }
    }
    let currency = &line.compiled().plans[line.holder().2 as usize].currency;
    if agreement.currency.as_ref().is_some_and(|own| own != currency) {
        return Err(Fault::new(Code::CurrencyMismatch, &agreement.id, Some(currency)));
    }
    let split = Split { line, agreement, number };
    let first = shares.len();
    space.amounts.clear();
    let mut worst = None;
    for (flow_place, flow) in version.flows.iter().enumerate() {
        let amount = if flow.at_close || !has_base(flow, space) || !flow.applies(line.time(), line) {
            Ok(None)
        } else {
            split.flow(flow, (place, version_number, flow_place), shares, space)
        };
        space.amounts.push(amount.unwrap_or_else(|fault| {
            fault.keep_lowest(&mut worst);
            None
        }));
    }
    if !version.is_as_written {
        shares.arrange(first, |flow| version.flows[flow as usize].written);
    }
    worst.map_or(Ok(()), Err)
}

/// Whether some flow that a flow is on is there for the line: without one there is nothing that it could be on.
fn has_base(flow: &Flow, space: &Space) -> bool {
    flow.of.is_empty() || flow.of.iter().any(|&base| space.amounts.get(base).copied().flatten().is_some())
}

impl<L: Line> Split<'_, L> {
    fn fault(&self, code: Code, flow: &Flow) -> Fault {
        Fault::new(code, &format!("{}/{}", self.agreement.id, flow.id), None)
    }

    /// The base of a flow as stored; none if all its bases are absent.
    fn base(&self, flow: &Flow, space: &Space) -> Result<Option<i128>, Fault> {
        if flow.of.is_empty() {
            return Ok(Some(self.line.amount()));
        }
        if !has_base(flow, space) {
            return Ok(None);
        }
        let amount = |&base: &usize| space.amounts.get(base).copied().flatten();
        let sum = |flows: &[usize]| flows.iter().filter_map(amount).try_fold(0_i128, i128::checked_add);
        let base = sum(&flow.of).zip(sum(&flow.minus)).and_then(|(plus, minus)| plus.checked_sub(minus));
        base.map(Some).ok_or_else(|| self.fault(Code::Overflow, flow))
    }

    fn flow(
        &self,
        flow: &Flow,
        place: (usize, usize, usize),
        shares: &mut Shares,
        space: &mut Space,
    ) -> Result<Option<i128>, Fault> {
        if let Basis::Split(weights) = &flow.basis {
            return self.deal(flow, weights, place, shares, space);
        }
        let Some(amount) = self.amount(flow, space)? else { return Ok(None) };
        let amount = in_range(amount).map_err(|code| self.fault(code, flow))?;
        if flow.is_paid() || flow.is_measured {
            let (payer, payee) = (self.party(flow, flow.payer)?, self.party(flow, flow.payee)?);
            self.share(place, (payer, payee), amount, (flow.is_paid(), flow.payee), shares);
        }
        Ok(Some(amount))
    }

    fn amount(&self, flow: &Flow, space: &mut Space) -> Result<Option<i128>, Fault> {
        match &flow.basis {
            Basis::Sale => self.base(flow, space),
            Basis::Whole => {
                let Some(base) = self.base(flow, space)? else { return Ok(None) };
                self.percent(flow, base, ONE).map(Some)
            }
            Basis::Percent { rate, complement } => {
                let Some(base) = self.base(flow, space)? else { return Ok(None) };
                let rate = self.number(flow, rate, space)?;
                self.percent(flow, base, if *complement { ONE - rate } else { rate }).map(Some)
            }
            Basis::Plan { plan, factor, plus_one, cost } => {
                let found = self.line.cost(*plan, *cost, |code| self.fault(code, flow))?;
                let Some(cost) = found else { return Ok(None) };
                let factor = self.number(flow, factor, space)?;
                self.percent(flow, cost, if *plus_one { ONE + factor } else { factor }).map(Some)
            }
            Basis::PerEvent { .. } | Basis::PerUnit { .. } if !self.line.bears() => Ok(None),
            Basis::PerEvent { model, values } => self.priced(flow, model, values, Input::default(), space).map(Some),
            Basis::PerUnit { model, values, billed } => {
                let quantity = self.line.units(*billed, |code| self.fault(code, flow))?;
                self.priced(flow, model, values, Input::of(quantity), space).map(Some)
            }
            Basis::Remainder(flows) => {
                let Some(base) = self.base(flow, space)? else { return Ok(None) };
                let taken = flows
                    .iter()
                    .filter_map(|&f| space.amounts.get(f).copied().flatten())
                    .try_fold(0, i128::checked_add);
                let rest = taken
                    .and_then(|taken: i128| base.checked_sub(taken))
                    .ok_or_else(|| self.fault(Code::Overflow, flow))?;
                let over = rest != 0 && (rest < 0) != (base < 0) && !self.agreement.allow_over_shared;
                let fault = || Fault { value: Some(crate::column::shown(rest)), ..self.fault(Code::OverShared, flow) };
                if over { Err(fault()) } else { Ok(Some(rest)) }
            }
            Basis::Split(_) | Basis::GreaterOf { .. } | Basis::Recurring { .. } | Basis::Standalone(_) => Ok(None),
        }
    }

    /// `rate` × `base`, rounded once.
    fn percent(&self, flow: &Flow, base: i128, rate: i128) -> Result<i128, Fault> {
        let amount = match base.checked_mul(rate) {
            _ if rate == ONE && flow.target == Target::STORED => Ok(base),
            Some(product) => rounded(product, ONE, flow.target),
            None => crate::charge::product(base, rate, flow.target),
        };
        amount.map_err(|code| self.fault(code, flow))
    }

    fn number(&self, flow: &Flow, number: &Number, space: &mut Space) -> Result<i128, Fault> {
        number
            .value(&self.line.compiled().tables, self.line, &mut space.scratch.key)
            .ok_or_else(|| self.fault(Code::NoShare, flow))
    }

    /// A flow on the record itself.
    fn priced(
        &self,
        flow: &Flow,
        model: &crate::charge::Model,
        values: &crate::compile::Values,
        input: Input,
        space: &mut Space,
    ) -> Result<i128, Fault> {
        let values = values.resolve(&self.line.compiled().tables, self.line, &mut space.scratch);
        let values = values.ok_or_else(|| self.fault(Code::NoShare, flow))?;
        let priced = model.price(values, &input, &mut Count::default(), flow.target);
        priced.map(|priced| priced.amount).map_err(|code| self.fault(code, flow))
    }
}

/// Whether an ISO 3166 territory is another, or a part of it: `SE-AB` lies in `SE`.
fn lies_in(territory: &str, whole: &str) -> bool {
    territory.strip_prefix(whole).is_some_and(|part| part.is_empty() || part.starts_with('-'))
}
