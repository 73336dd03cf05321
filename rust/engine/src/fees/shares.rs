//! Fees as lines that are split: what flows ask of them.
//!
//! Flows on a record do not concern a fee. A cost plan does: its own fees of the same kind, over the same time and in the
//! same proportion, so that a wholesale fee is prorated, billed in advance and given back as its retail fee is.

use partita_money::{Dec, Ratio};

use crate::catalog::Kind;
use crate::charge::Target;
use crate::compile::{Charge, Compiled};
use crate::condition::{Attributes, Source};
use crate::fees::due::Charged;
use crate::fees::holder::Holder;
use crate::rate::Fault;
use crate::reject::Code;
use crate::split::{Line, Shares, Space, split_line};
use crate::subscriber::Subscribers;

/// A fee that is charged.
pub struct FeeLine<'a> {
    pub holder: Holder<'a>,
    /// Index of the charge in the catalog.
    pub charge: u32,
    pub charged: Charged,
}

impl FeeLine<'_> {
    /// Splits the fee under every agreement that applies to it; on a fault no share of it remains.
    pub fn split(&self, number: u32, shares: &mut Shares, space: &mut Space) -> Result<(), Fault> {
        let before = shares.len();
        let mut worst: Option<Fault> = None;
        for agreement in self.holder.compiled.agreements.iter().enumerate() {
            if !agreement.1.applies(self.charge, self) {
                continue;
            }
            if let Err(fault) = split_line(self, agreement, number, shares, space) {
                fault.keep_lowest(&mut worst);
            }
        }
        worst.map_or(Ok(()), |fault| {
            shares.truncate(before);
            Err(fault)
        })
    }

    /// A fee of a cost plan, if it is of the same kind and there is one at the time.
    fn own_part(&self, cost: &Holder, charge: &Charge) -> Result<Option<i128>, Fault> {
        let same_kind = match charge.kind {
            Kind::Usage => false,
            Kind::Recurring => self.charged.kind == "recurring",
            Kind::OneTime => self.charged.kind == "one_time",
        };
        let version = charge.version_at(self.charged.start, cost.clock_code);
        let Some(version) = version.filter(|_| same_kind && charge.condition.fits(cost)) else { return Ok(None) };
        let fault = |code| Fault::new(code, &charge.path, None);
        let fee = cost.fee(charge, version, Target::STORED).map_err(fault)?;
        let (days, of_days) = self.charged.days;
        let part = Dec::from_raw(fee).and_then(|fee| Ratio::new(days, of_days)?.checked_mul(fee));
        let part = part.and_then(|part| part.to_dec(charge.target.decimals, charge.target.mode));
        part.map(|part| Some(part.raw())).map_err(|_| fault(Code::Overflow))
    }
}

impl Attributes for FeeLine<'_> {
    fn text(&self, source: Source) -> Option<&str> {
        self.holder.text(source)
    }
}

impl Line for FeeLine<'_> {
    fn compiled(&self) -> &Compiled {
        self.holder.compiled
    }

    fn subscribers(&self) -> &Subscribers {
        self.holder.subscribers
    }

    fn holder(&self) -> (u32, u32, u32) {
        (self.holder.subscription, self.holder.account, self.holder.plan)
    }

    fn time(&self) -> i64 {
        self.charged.start
    }

    fn amount(&self) -> i128 {
        self.charged.amount
    }

    fn bears(&self) -> bool {
        false
    }

    fn units(&self, _: bool, blame: impl Fn(Code) -> Fault) -> Result<i128, Fault> {
        Err(blame(Code::NullQuantity))
    }

    fn cost(&self, plan: usize, _: usize, blame: impl Fn(Code) -> Fault) -> Result<Option<i128>, Fault> {
        let Some(terms) = self.holder.compiled.plans.get(plan) else { return Ok(None) };
        let own = self.holder.compiled.plans.get(self.holder.plan as usize);
        if own.is_some_and(|own| own.currency != terms.currency) {
            return Err(Fault { value: Some(terms.currency.clone()), ..blame(Code::CurrencyMismatch) });
        }
        let cost = Holder { plan: u32::try_from(plan).unwrap_or(u32::MAX), ..self.holder };
        let mut sum: Option<i128> = None;
        for charge in self.holder.compiled.charges.get(terms.charges.clone()).unwrap_or_default() {
            if let Some(part) = self.own_part(&cost, charge)? {
                let total = sum.unwrap_or(0).checked_add(part);
                sum = Some(total.ok_or_else(|| blame(Code::Overflow))?);
            }
        }
        Ok(sum)
    }
}
