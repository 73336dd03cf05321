//! Which fees are due: one charge of one plan of one subscription after the other.

use std::collections::BTreeSet;

use crate::catalog::Kind;
use crate::charge::Target;
use crate::compile::{Charge, Plan};
use crate::engine::Engine;
use crate::error::Result;
use crate::fees::amounts::part_of;
use crate::fees::at_zero::{Bearers, Counters};
use crate::fees::billed::Billed;
use crate::fees::holder::Holder;
use crate::fees::shares::FeeLine;
use crate::rate::Fault;
use crate::reject::Code;
use crate::split::{Shares, Space};
use crate::subscriber::NONE;

/// A fee that is charged, or the reason why it is not.
#[derive(Debug, Clone)]
pub struct Fee {
    pub subscription: u32,
    /// Index of the charge in the catalog.
    pub charge: u32,
    pub outcome: std::result::Result<Charged, Fault>,
}

/// A fee that is charged.
#[derive(Debug, Clone, Copy)]
pub struct Charged {
    pub kind: &'static str,
    pub version: u32,
    /// The month that names the cycle covered.
    pub covered: i32,
    pub amount: i128,
    /// The start of the time covered.
    pub start: i64,
    /// Days covered of the days of the cycle, which the fees of cost plans follow.
    pub days: (i32, i32),
}

/// The fees of some subscriptions, and the shares of those that are charged, by their places.
#[derive(Debug, Default)]
pub struct Part {
    pub fees: Vec<Fee>,
    pub shares: Shares,
    space: Space,
}

impl Part {
    fn push(&mut self, holder: &Holder, charge: u32, outcome: std::result::Result<Charged, Fault>) {
        self.fees.push(Fee { subscription: holder.subscription, charge, outcome });
    }

    /// A fee is charged and shared, or neither.
    fn charge(&mut self, holder: &Holder, charge: u32, charged: Charged) {
        let number = u32::try_from(self.fees.len()).unwrap_or(NONE);
        let line = FeeLine { holder: *holder, charge, charged };
        let shared = line.split(number, &mut self.shares, &mut self.space);
        self.push(holder, charge, shared.map(|()| charged));
    }
}

/// What a close knows.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    pub engine: &'a Engine,
    /// The month that names the cycles closed.
    pub month: i32,
    pub counters: &'a Counters,
    pub billed: Option<&'a Billed>,
    pub bearers: &'a Bearers,
}

impl Closing<'_> {
    /// The fees of some subscriptions and their shares, in order of subscription, plan (as first held), charge and cycle
    /// covered.
    pub fn fees(&self, subscriptions: &[u32]) -> Result<Part> {
        let mut part = Part::default();
        for &subscription in subscriptions {
            let subscribers = self.engine.subscribers.as_ref();
            let holdings = subscribers.holdings_of(subscription);
            let mut plans = BTreeSet::new();
            for holding in holdings.iter().filter(|holding| plans.insert(holding.held.plan)) {
                if let Some(holder) = Holder::new(self.engine, subscription, holding.held.plan, holdings) {
                    self.plan_fees(&holder, &mut part)?;
                }
            }
        }
        Ok(part)
    }

    fn plan_fees(&self, holder: &Holder, part: &mut Part) -> Result<()> {
        let Some(plan) = holder.compiled.plans.get(holder.plan as usize) else { return Ok(()) };
        for at in plan.charges.clone() {
            let Some(charge) = holder.compiled.charges.get(at) else { continue };
            let code = u32::try_from(at).unwrap_or(NONE);
            let due = match charge.kind {
                Kind::Usage => self.at_zero(holder, charge, code),
                _ if !charge.condition.fits(holder) => Ok(Vec::new()),
                Kind::OneTime => self.one_time(holder, charge, code),
                Kind::Recurring => self.recurring(holder, charge, code)?,
            };
            match due {
                Ok(due) if due.is_empty() => {}
                Ok(due) => match may_not_be_charged(holder, plan) {
                    Some(fault) => part.push(holder, code, Err(fault)),
                    None => due.into_iter().for_each(|charged| part.charge(holder, code, charged)),
                },
                Err(code_of) => part.push(holder, code, Err(Fault::new(code_of, &charge.path, None))),
            }
        }
        Ok(())
    }

    /// Once a subscription and plan: at the close of the cycle in which it is first held.
    fn one_time(&self, holder: &Holder, charge: &Charge, code: u32) -> Due {
        let (from, until) = holder.cycles.range(self.month);
        let own = holder.holdings.iter().filter(|holding| holding.held.plan == holder.plan);
        let start = own.map(|holding| holding.from).min().unwrap_or(i64::MIN);
        let before = self.billed.is_some_and(|billed| billed.has(holder.subscription, code));
        if start < from || start >= until || start < holder.billed_until || before {
            return Ok(Vec::new());
        }
        let Some(version) = charge.version_at(start, holder.clock_code) else { return Ok(Vec::new()) };
        let amount = holder.fee(charge, version, charge.target)?;
        let days = holder.days(self.month);
        let version = u32::try_from(version).unwrap_or(NONE);
        Ok(vec![Charged { kind: "one_time", version, covered: self.month, amount, start, days: (days, days) }])
    }

    /// What is due for this cycle, in advance for the next, and for any that something was billed for; less that.
    fn recurring(&self, holder: &Holder, charge: &Charge, code: u32) -> Result<Due> {
        let mut months = BTreeSet::from([self.month]);
        if charge.advance {
            months.insert(self.month + 1);
        }
        months.extend(self.billed.iter().flat_map(|billed| billed.months(holder.subscription, code)));
        let mut found = Vec::new();
        for covered in months {
            match self.recurring_in(holder, charge, code, covered)? {
                Ok(charged) => found.extend(charged),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(found))
    }

    fn recurring_in(
        &self,
        holder: &Holder,
        charge: &Charge,
        code: u32,
        covered: i32,
    ) -> Result<std::result::Result<Option<Charged>, Code>> {
        let known = self.known(holder, charge, covered);
        let due = part_of(holder, covered, charge.prorate, known, i64::MAX);
        let elsewhere = part_of(holder, covered, charge.prorate, known, holder.billed_until);
        let Some(version) = charge.version_at(due.start, holder.clock_code) else { return Ok(Ok(None)) };
        let fee = match holder.fee(charge, version, Target::STORED) {
            Ok(fee) => fee,
            Err(reason) => return Ok(Err(reason)),
        };
        let before = self.billed.and_then(|billed| billed.amount(holder.subscription, code, covered));
        let amount = due.amount(fee, charge.target)? - elsewhere.amount(fee, charge.target)? - before.unwrap_or(0);
        if amount == 0 && (before.is_some() || due.days == elsewhere.days) {
            return Ok(Ok(None));
        }
        let version = u32::try_from(version).unwrap_or(NONE);
        let billed_days = before.map_or(0, |before| due.days_of(before, fee));
        let days = (due.days - elsewhere.days - billed_days, due.of_days);
        Ok(Ok(Some(Charged { kind: "recurring", version, covered, amount, start: due.start, days })))
    }

    /// Which holdings this close bills for a cycle, by the start of their time. Where it is known what was billed, all.
    /// Else, in advance: for the next cycle those that began before it, and for this one those that began in it, since
    /// the close before billed the others.
    fn known(&self, holder: &Holder, charge: &Charge, covered: i32) -> (i64, i64) {
        let start = holder.cycles.range(covered).0;
        match (self.billed, charge.advance) {
            (None, true) if covered == self.month => (start, i64::MAX),
            (None, true) => (i64::MIN, start),
            _ => (i64::MIN, i64::MAX),
        }
    }
}

/// The fees of one charge, or why there are none.
pub type Due = std::result::Result<Vec<Charged>, Code>;

/// Why nothing of a plan may be charged to a subscription.
fn may_not_be_charged(holder: &Holder, plan: &Plan) -> Option<Fault> {
    let accounts = &holder.subscribers.accounts;
    let currency = accounts.currency.get(holder.account as usize).copied().unwrap_or(NONE);
    if holder.subscribers.currencies.name(currency) != Some(plan.currency.as_str()) {
        return Some(Fault::new(Code::CurrencyMismatch, &plan.id, Some(&plan.currency)));
    }
    let sold_by = holder.subscribers.subscriptions.sold_by.get(holder.subscription as usize).copied();
    let unsold = plan.seller.is_none() && sold_by.unwrap_or(NONE) == NONE;
    unsold.then(|| Fault::new(Code::UnknownParty, &plan.id, None))
}
