//! split: what each party gets of a record's lines, exact, in the same pass that prices them.
//!
//! Every agreement that applies to a line computes its flows in order, each from its bases as stored. Flows on the
//! record itself (a fee an event, a price a unit, another plan) are computed once a record, with the first of its lines
//! that the agreement applies to. A flow that needs the whole period waits for its close.

use std::ops::Range;

use partita_money::{Dec, allocate};

use crate::charge::{Count, Input, NULL, Target, rounded};
use crate::column::{Cell, ONE};
use crate::compile::{Agreement, Basis, Flow, Number, Role, Scratch};
use crate::condition::{Attributes, Source};
use crate::rate::{Context, Fault, Record, Work};
use crate::reject::Code;
use crate::subscriber::NONE;

/// Shares in order of their rows, a column a vector.
#[derive(Debug, Default)]
pub struct Shares {
    /// The draft that was shared.
    pub line: Vec<u32>,
    pub agreement: Vec<u32>,
    pub version: Vec<u32>,
    pub flow: Vec<u32>,
    pub payer: Vec<u32>,
    pub payee: Vec<u32>,
    pub amount: Vec<i128>,
    /// Paid, rather than only measured for a flow of the period.
    pub paid: Vec<bool>,
}

impl Shares {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Takes back the shares from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.line.truncate(len);
        self.agreement.truncate(len);
        self.version.truncate(len);
        self.flow.truncate(len);
        self.payer.truncate(len);
        self.payee.truncate(len);
        self.amount.truncate(len);
        self.paid.truncate(len);
    }
}

/// What splitting uses again and again.
#[derive(Debug, Default)]
pub struct Space {
    /// What each flow made of the line; none if it is absent.
    amounts: Vec<Option<i128>>,
    scratch: Scratch,
}

/// One line on its way through one agreement.
struct Split<'a> {
    context: &'a Context<'a>,
    record: Record<'a>,
    agreement: &'a Agreement,
    /// The drafts of the record, and the one that is split.
    drafts: Range<usize>,
    line: usize,
    /// Whether this is the record's first line under the agreement.
    first: bool,
}

/// Splits the lines of one row; on a fault no share of the row remains.
pub fn split_row(
    context: &Context,
    record: &Record,
    drafts: Range<usize>,
    work: &mut Work,
    space: &mut crate::rate::Space,
) -> Result<(), Fault> {
    let shares = work.shares.len();
    let mut worst: Option<Fault> = None;
    for (number, agreement) in context.compiled.agreements.iter().enumerate() {
        let mut first = true;
        for line in drafts.clone() {
            let draft = work.drafts.get(line);
            let record = record.in_band(draft.band);
            if draft.tariff != 0 || !agreement.applies(draft.charge, &record) {
                continue;
            }
            let time = record.rows.time.values[record.row];
            match split_line(
                context,
                record,
                number,
                agreement,
                drafts.clone(),
                line,
                first,
                time,
                work,
                &mut space.split,
            ) {
                Ok(()) => {}
                Err(fault) if worst.as_ref().is_none_or(|worst| fault.code < worst.code) => worst = Some(fault),
                Err(_) => {}
            }
            first = false;
        }
    }
    worst.map_or(Ok(()), |fault| {
        work.shares.truncate(shares);
        Err(fault)
    })
}

fn split_line(
    context: &Context,
    record: Record,
    number: usize,
    agreement: &Agreement,
    drafts: Range<usize>,
    line: usize,
    first: bool,
    time: i64,
    work: &mut Work,
    space: &mut Space,
) -> Result<(), Fault> {
    let Some(version_number) = agreement.version_at(time) else {
        let unmet = Fault::new(Code::NoAgreement, &agreement.id, None);
        return if agreement.require { Err(unmet) } else { Ok(()) };
    };
    let version = &agreement.versions[version_number];
    if !version.territory.is_empty() {
        let territory = record.text(Source::Territory);
        if !territory.is_some_and(|territory| version.territory.iter().any(|listed| listed == territory)) {
            return Err(Fault::new(Code::OutsideTerritory, &agreement.id, territory));
        }
    }
    let currency = &context.compiled.plans[record.plan as usize].currency;
    if agreement.currency.as_ref().is_some_and(|own| own != currency) {
        return Err(Fault::new(Code::CurrencyMismatch, &agreement.id, Some(currency)));
    }
    let split = Split { context, record, agreement, drafts, line, first };
    space.amounts.clear();
    for (place, flow) in version.flows.iter().enumerate() {
        let amount = if flow.at_close || !flow.applies(time, &split.record) {
            None
        } else {
            split.flow(flow, (number, version_number, place), work, space)?
        };
        space.amounts.push(amount);
    }
    Ok(())
}

impl Split<'_> {
    fn fault(&self, code: Code, flow: &Flow) -> Fault {
        Fault::new(code, &format!("{}/{}", self.agreement.id, flow.id), None)
    }

    /// The base of a flow as stored; none if all its bases are absent.
    fn base(&self, flow: &Flow, work: &Work, space: &Space) -> Result<Option<i128>, Fault> {
        if flow.of.is_empty() {
            return Ok(Some(work.drafts.amount[self.line]));
        }
        let amount = |&base: &usize| space.amounts.get(base).copied().flatten();
        if flow.of.iter().all(|base| amount(base).is_none()) {
            return Ok(None);
        }
        let sum = |flows: &[usize]| flows.iter().filter_map(amount).try_fold(0_i128, i128::checked_add);
        let base = sum(&flow.of).zip(sum(&flow.minus)).and_then(|(plus, minus)| plus.checked_sub(minus));
        base.map(Some).ok_or_else(|| self.fault(Code::Overflow, flow))
    }

    fn flow(
        &self,
        flow: &Flow,
        place: (usize, usize, usize),
        work: &mut Work,
        space: &mut Space,
    ) -> Result<Option<i128>, Fault> {
        if let Basis::Split(weights) = &flow.basis {
            return self.deal(flow, weights, place, work, space);
        }
        let Some(amount) = self.amount(flow, work, space)? else { return Ok(None) };
        if flow.is_paid() || flow.is_measured {
            let (payer, payee) = (self.party(flow, flow.payer)?, self.party(flow, flow.payee)?);
            self.share(place, (payer, payee), amount, flow.is_paid(), work);
        }
        Ok(Some(amount))
    }

    fn amount(&self, flow: &Flow, work: &Work, space: &mut Space) -> Result<Option<i128>, Fault> {
        match &flow.basis {
            Basis::Sale | Basis::Whole => self.base(flow, work, space),
            Basis::Percent { rate, complement } => {
                let Some(base) = self.base(flow, work, space)? else { return Ok(None) };
                let rate = self.number(flow, rate, space)?;
                self.percent(flow, base, if *complement { ONE - rate } else { rate }).map(Some)
            }
            Basis::Plan { factor, plus_one, cost, .. } => {
                let mut costs = self.drafts.clone().filter(|&at| work.drafts.tariff[at] == *cost as u32 + 1).peekable();
                if !self.first || costs.peek().is_none() {
                    return Ok(None);
                }
                let cost = costs.map(|at| work.drafts.amount[at]).try_fold(0_i128, i128::checked_add);
                let cost = cost.ok_or_else(|| self.fault(Code::Overflow, flow))?;
                let factor = self.number(flow, factor, space)?;
                self.percent(flow, cost, if *plus_one { ONE + factor } else { factor }).map(Some)
            }
            Basis::PerEvent { model, values } => self.priced(flow, model, values, Input::default(), space),
            Basis::PerUnit { model, values, billed } => {
                self.priced(flow, model, values, self.units(flow, *billed, work)?, space)
            }
            Basis::Remainder(flows) => {
                let Some(base) = self.base(flow, work, space)? else { return Ok(None) };
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
            .value(&self.context.compiled.tables, &self.record, &mut space.scratch.key)
            .ok_or_else(|| self.fault(Code::NoShare, flow))
    }

    fn units(&self, flow: &Flow, billed: bool, work: &Work) -> Result<Input, Fault> {
        let rows = self.record.rows;
        let quantity = if billed {
            let lines = self.drafts.clone().filter(|&at| work.drafts.tariff[at] == 0 && work.drafts.billed[at] != NULL);
            lines.map(|at| work.drafts.billed[at]).try_fold(0_i128, i128::checked_add)
        } else {
            let fine = rows.quantity.cells.get(self.record.row) == Cell::Fine;
            if !fine && self.first {
                return Err(self.fault(Code::NullQuantity, flow));
            }
            Some(rows.quantity.values[self.record.row])
        };
        let quantity = quantity.ok_or_else(|| self.fault(Code::Overflow, flow))?;
        Ok(Input { quantity, first: true, ..Input::default() })
    }

    /// A flow on the record itself: with its first line only.
    fn priced(
        &self,
        flow: &Flow,
        model: &crate::charge::Model,
        values: &crate::compile::Values,
        input: Input,
        space: &mut Space,
    ) -> Result<Option<i128>, Fault> {
        if !self.first {
            return Ok(None);
        }
        let values = values.resolve(&self.context.compiled.tables, &self.record, &mut space.scratch);
        let values = values.ok_or_else(|| self.fault(Code::NoShare, flow))?;
        let priced = model.price(values, &input, &mut Count::default(), flow.target);
        priced.map(|priced| Some(priced.amount)).map_err(|code| self.fault(code, flow))
    }

    /// Deals the base among payees by weights, by largest remainder at the 12th decimal.
    fn deal(
        &self,
        flow: &Flow,
        weights: &[(Role, Number)],
        place: (usize, usize, usize),
        work: &mut Work,
        space: &mut Space,
    ) -> Result<Option<i128>, Fault> {
        let Some(base) = self.base(flow, work, space)? else { return Ok(None) };
        let overflow = |_| self.fault(Code::Overflow, flow);
        let mut numbers = Vec::with_capacity(weights.len());
        for (_, weight) in weights {
            numbers.push(Dec::from_raw(self.number(flow, weight, space)?).map_err(overflow)?);
        }
        let total = Dec::from_raw(base).map_err(overflow)?;
        // Weights that look-ups make negative or all zero share nothing that could be dealt.
        let parts = allocate(total, &numbers, Dec::SCALE).map_err(|_| self.fault(Code::NoShare, flow))?;
        let payer = self.party(flow, flow.payer)?;
        for ((role, _), part) in weights.iter().zip(parts) {
            let payee = self.party(flow, *role)?;
            self.share(place, (payer, payee), part.raw(), true, work);
        }
        Ok(Some(base))
    }

    fn share(&self, place: (usize, usize, usize), parties: (u32, u32), amount: i128, paid: bool, work: &mut Work) {
        let shares = &mut work.shares;
        shares.line.push(self.line as u32);
        shares.agreement.push(place.0 as u32);
        shares.version.push(place.1 as u32);
        shares.flow.push(place.2 as u32);
        shares.payer.push(parties.0);
        shares.payee.push(parties.1);
        shares.amount.push(amount);
        shares.paid.push(paid);
    }

    /// The party that plays a role for this record.
    fn party(&self, flow: &Flow, role: Role) -> Result<u32, Fault> {
        let subscribers = self.context.subscribers;
        let subscription = subscribers.holdings[self.record.holding as usize].subscription as usize;
        let party = match role {
            Role::Party(party) => party,
            Role::AccountOwner => subscribers.accounts.owner[subscribers.account_of(self.record.holding) as usize],
            Role::Seller => self.context.compiled.plans[self.record.plan as usize]
                .seller
                .unwrap_or(subscribers.subscriptions.sold_by[subscription]),
            Role::SoldBy => subscribers.subscriptions.sold_by[subscription],
            Role::IntroducedBy => subscribers.subscriptions.introduced_by[subscription],
            Role::Attribute(attribute) => {
                let name = self.record.rows.attributes[attribute].get(self.record.row);
                name.and_then(|name| self.context.compiled.parties.code(name)).unwrap_or(NONE)
            }
        };
        let known = (party != NONE).then_some(party).or(self.agreement.suspense);
        let named = match role {
            Role::Attribute(attribute) => self.record.text(Source::Attribute(attribute)),
            _ => None,
        };
        known.ok_or_else(|| Fault { value: named.map(str::to_owned), ..self.fault(Code::UnknownParty, flow) })
    }
}
