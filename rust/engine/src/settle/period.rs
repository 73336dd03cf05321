//! The flows of one agreement on a whole period, from the sums of those on its records.
//!
//! The agreement is taken as it stands at the start of the calendar month, in its own zone, or else as it first comes
//! into force in it. Sums are by payer, payee and currency; and by subscription as long as all they are computed from is.

mod currency;
mod guarantee;

use std::collections::BTreeMap;

use partita_money::{Dec, Ratio};

use crate::basis::{Group, Sums, put, remainder, split};
use crate::catalog::Per;
use crate::column::ONE;
use crate::compile::{Agreement, Basis, Flow, Number, Role, Scratch};
use crate::condition::{Attributes, Source};
use crate::error::{Error, Result};
use crate::rate::Fault;
use crate::reject::Code;
use crate::settle::recurring::Fees;
use crate::settle::refused::Stop;
use crate::settle::roles::{Side, group_of};
use crate::settle::shares::{Cast, Share};
use crate::subscriber::NONE;
pub use currency::Currencies;

/// What is known of a whole period's flow: nothing of any record.
struct Nothing;

impl Attributes for Nothing {
    fn text(&self, _: Source) -> Option<&str> {
        None
    }
}

/// What a flow, by its place, comes to between two parties; or what a guarantee adds to that.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub flow: usize,
    pub group: Group,
    pub amount: i128,
    pub true_up: bool,
}

/// The flows of one agreement on one month.
#[derive(Debug)]
pub struct Period<'a> {
    pub agreement: &'a Agreement,
    /// The version that stands.
    pub version: usize,
    pub fees: Fees<'a>,
    /// The agreement's shares of the period.
    pub shares: Vec<&'a Share>,
    pub cast: &'a mut Cast,
    pub currencies: Currencies<'a>,
    /// What guarantees add, of the amounts of their flows.
    pub true_ups: BTreeMap<(usize, Group), i128>,
}

impl Period<'_> {
    /// What each flow that is computed now comes to; and what kept others from it.
    pub fn flows(&mut self) -> Result<(Vec<Part>, Vec<Fault>)> {
        let agreement = self.agreement;
        let flows = agreement.versions.get(self.version).map_or(&[][..], |version| &version.flows);
        let mut sums: Vec<Option<Sums>> = Vec::with_capacity(flows.len());
        let mut faults = Vec::new();
        for (place, flow) in flows.iter().enumerate() {
            let refused = flow.bases().any(|base| matches!(sums.get(base), Some(None)));
            sums.push(match (flow.at_close, flow.is_measured) {
                (true, _) if refused => None,
                (true, _) => match self.flow((place, flow), flows, &sums) {
                    Ok(sums) => Some(sums),
                    Err(Stop::Flow(fault)) => {
                        faults.push(fault);
                        None
                    }
                    Err(Stop::Call(error)) => return Err(error),
                },
                (false, true) => Some(self.of_records(flow, |_| true)?),
                (false, false) => Some(Sums::new()),
            });
        }
        let mut parts = Vec::new();
        for (place, sums) in sums.into_iter().enumerate() {
            if flows.get(place).is_some_and(|flow| flow.at_close) {
                parts.extend(sums.into_iter().flatten().flat_map(|(group, amount)| self.parts(place, group, amount)));
            }
        }
        Ok((parts, faults))
    }

    /// What was measured and what is added to it, as far as either is anything; else all of it.
    fn parts(&self, flow: usize, group: Group, amount: i128) -> impl Iterator<Item = Part> + use<> {
        let added = self.true_ups.get(&(flow, group)).copied().unwrap_or(0);
        let measured = Part { flow, group, amount: amount - added, true_up: false };
        let true_up = Part { flow, group, amount: added, true_up: true };
        [measured, true_up].into_iter().filter(move |part| part.amount != 0 || (added == 0 && !part.true_up))
    }

    /// The sums of a flow of the records, in whatever version that counts.
    fn of_records(&self, flow: &Flow, counts: impl Fn(&Flow) -> bool) -> Result<Sums> {
        let mut sums = Sums::new();
        for share in &self.shares {
            let version = self.agreement.versions.get(share.version);
            let own = version.and_then(|version| version.flows.get(share.flow));
            if own.is_some_and(|own| own.id == flow.id && counts(own)) {
                put(&mut sums, share.group, share.amount)?;
            }
        }
        Ok(sums)
    }

    fn flow(&mut self, (place, flow): (usize, &Flow), flows: &[Flow], sums: &[Option<Sums>]) -> Result<Sums, Stop> {
        if !self.fees.in_force(flow) {
            return Ok(Sums::new());
        }
        match &flow.basis {
            Basis::Recurring { fee, per, prorate } => Ok(self.recurring(flow, *fee, *per, *prorate)?),
            Basis::GreaterOf { flows: named, amounts, per_subscription } => {
                let choices = self.choices(flow, flows, sums, (named, amounts), *per_subscription)?;
                Ok(self.greater_of((place, flow), &choices, *per_subscription)?)
            }
            Basis::Whole => Ok(self.base(flow, flows, sums)?.0),
            Basis::Percent { rate, complement } => self.percent(flow, flows, sums, rate, *complement),
            Basis::Remainder(_) => self.remainder(flow, flows, sums),
            Basis::Split(weights) => self.split(flow, flows, sums, weights),
            // Moves no money: posting divides the seller's revenue by it.
            Basis::Standalone(_) => Ok(Sums::new()),
            Basis::Sale | Basis::Plan { .. } | Basis::PerEvent { .. } | Basis::PerUnit { .. } => {
                Err(self.problem(flow, "is on a record, and cannot be on a flow of the whole period").into())
            }
        }
    }

    fn recurring(&mut self, flow: &Flow, fee: i128, per: Per, prorate: bool) -> Result<Sums> {
        if per == Per::Subscription {
            return self.fees.of_subscriptions(flow, fee, prorate, &mut self.currencies, self.cast);
        }
        let pairs = self.fees.pairs(flow, &self.shares, self.cast);
        self.fees.of_pairs(flow, fee, prorate, &pairs, |payer| self.currencies.of(flow, payer, self.cast))
    }

    fn percent(
        &mut self,
        flow: &Flow,
        flows: &[Flow],
        sums: &[Option<Sums>],
        rate: &Number,
        complement: bool,
    ) -> Result<Sums, Stop> {
        let rate = self.number(flow, rate)?;
        let rate = Dec::from_raw(if complement { ONE - rate } else { rate })?;
        let base = self.base(flow, flows, sums)?.0;
        let part = |(group, amount): (Group, i128)| -> Result<(Group, i128), Stop> {
            let exact = Ratio::product(rate, Dec::from_raw(amount)?)?;
            Ok((group, exact.to_dec(flow.target.decimals, flow.target.mode)?.raw()))
        };
        base.into_iter().map(part).collect()
    }

    fn remainder(&mut self, flow: &Flow, flows: &[Flow], sums: &[Option<Sums>]) -> Result<Sums, Stop> {
        let (base, named) = self.base(flow, flows, sums)?;
        let rest = remainder::left(&base, &named)?;
        match remainder::over_shared(&base, &rest)?.filter(|_| !self.agreement.allow_over_shared) {
            Some(left) => Err(self.refused(flow, Code::OverShared, Some(crate::column::shown(left)))),
            None => Ok(rest),
        }
    }

    fn split(
        &mut self,
        flow: &Flow,
        flows: &[Flow],
        sums: &[Option<Sums>],
        weights: &[(Role, Number)],
    ) -> Result<Sums, Stop> {
        let numbers = weights.iter().map(|(_, weight)| self.number(flow, weight)).collect::<Result<Vec<_>, _>>()?;
        let base = self.base(flow, flows, sums)?.0;
        let mut parts = Sums::new();
        for (group, amount) in base {
            let dealt = split::parts(amount, &numbers).map_err(|_| self.refused(flow, Code::NoShare, None))?;
            for ((role, _), part) in weights.iter().zip(dealt) {
                let payee = self.fees.roles.fixed(*role, self.cast);
                let payee =
                    payee.ok_or_else(|| self.problem(flow, "splits a whole period among parties of records"))?;
                let payer = Side { party: group.payer, account: group.payer_account };
                put(&mut parts, group_of(payer, payee, group.subscription, group.currency), part)?;
            }
        }
        Ok(parts)
    }

    /// The base of a flow by its own groups, less `minus`; and the sums of the flows that a remainder names.
    fn base(&mut self, flow: &Flow, flows: &[Flow], sums: &[Option<Sums>]) -> Result<(Sums, Sums)> {
        let names: &[usize] = if let Basis::Remainder(names) = &flow.basis { names } else { &[] };
        let every = flow.of.iter().chain(&flow.minus).chain(names).filter_map(|&place| sums.get(place)?.as_ref());
        let each = every.flat_map(Sums::keys).all(|group| group.subscription != NONE);
        let (mut base, mut named) = (Sums::new(), Sums::new());
        let bases =
            flow.of.iter().map(|&place| (place, 1, true)).chain(flow.minus.iter().map(|&place| (place, -1, false)));
        for (place, sign, is_base) in bases.chain(names.iter().map(|&place| (place, 0, false))) {
            let (Some(other), Some(Some(sums))) = (flows.get(place), sums.get(place)) else { continue };
            for (&group, &amount) in sums {
                let receiver = Side { party: group.payee, account: group.payee_account };
                let sender = Side { party: group.payer, account: group.payer_account };
                let payer = if is_base { receiver } else { sender };
                let carried = self.fees.roles.carried(flow, other, group, payer, self.cast)?;
                let carried = if each { carried } else { carried.whole() };
                if sign == 0 { put(&mut named, carried, amount)? } else { put(&mut base, carried, amount * sign)? }
            }
        }
        Ok((base, named))
    }

    fn number(&self, flow: &Flow, number: &Number) -> Result<i128, Stop> {
        let tables = &self.fees.roles.engine.compiled.tables;
        let found = number.value(tables, &Nothing, &mut Scratch::default().key);
        found.ok_or_else(|| self.refused(flow, Code::NoShare, None))
    }

    fn refused(&self, flow: &Flow, code: Code, value: Option<String>) -> Stop {
        Stop::Flow(Fault { code, field: format!("{}/{}", self.agreement.id, flow.id), value })
    }

    fn problem(&self, flow: &Flow, message: &str) -> Error {
        Error::catalog(format!("agreements.{}.flows.{}", self.agreement.id, flow.id), message)
    }
}
