//! settle: the sums of a period's shares, with the flows that need the whole period, to statements between partners.
//!
//! A statement is one amount between two accounts under one agreement: one for each direction, or one with signed lines
//! where the agreement consolidates. What a dealing set owes is rounded once and dealt (`basis::dealing`); the rest of a
//! document is rounded once as a whole. Shares that a party owes to itself take part in dealing, and in no document.

mod carried;
mod members;
mod period;
mod recurring;
mod refused;
mod roles;
mod shares;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::basis::recurring::Month;
use crate::clock::month_of_name;
use crate::compile::Agreement;
use crate::document::Documents;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::rate::Fault;
use crate::subscriber::NONE;
use crate::sums::{SHARES, Sums};
use carried::Carried;
use members::members;
use period::{Currencies, Part, Period};
use recurring::Fees;
use roles::Roles;
use shares::{Share, Shares};

/// Statements, what they carry forward, the shares of the flows that were computed on the whole period, and the flows
/// that could not be (rejects with the source `agreement`).
#[derive(Debug, Clone)]
pub struct Settled {
    pub statements: Documents,
    pub carried: RecordBatch,
    pub shares: RecordBatch,
    pub rejects: RecordBatch,
}

impl Engine {
    /// The statements of a period (`2026-10`), from its share sums. `carried` is what the period before carried forward.
    pub fn settle(&self, share_sums: &[RecordBatch], carried: Option<&RecordBatch>, period: &str) -> Result<Settled> {
        let month = month_of_name(period).ok_or_else(|| Error::Period(format!("{period:?} is no month")))?;
        let sums = Sums::read(&SHARES, share_sums, Some(period))?;
        let before = carried.map(Carried::read).transpose()?.unwrap_or_default();
        let mut shares = Shares::new(&self.compiled, &sums)?;
        let of_records = shares.rows.len();
        let mut faults = Vec::new();
        for (number, agreement) in self.compiled.agreements.iter().enumerate() {
            interrupt::check()?;
            let (found, refused) = self.period_shares((number, agreement), month, &mut shares)?;
            shares.rows.extend(found);
            faults.extend(refused.into_iter().map(|fault| (agreement.id.clone(), fault)));
        }
        let of_period = shares.table(self, of_records, period)?;
        let members = members(self, &mut shares, period)?;
        let (builder, carried) = statement::statements(self, &shares.cast, &members, &before, period)?;
        Ok(Settled {
            statements: builder.finish()?,
            carried: carried.table()?,
            shares: of_period,
            rejects: refused::table(&faults)?,
        })
    }

    fn period_shares(
        &self,
        (number, agreement): (usize, &Agreement),
        month: i32,
        shares: &mut Shares,
    ) -> Result<(Vec<Share>, Vec<Fault>)> {
        let nothing = Ok((Vec::new(), Vec::new()));
        let Some(clock) = self.compiled.clocks.get(agreement.clock) else { return nothing };
        let month = Month::new(clock, month);
        let Some(version) = standing(agreement, &month) else { return nothing };
        let flows = agreement.versions.get(version).map_or(&[][..], |version| &version.flows);
        if !flows.iter().any(|flow| flow.at_close) {
            return nothing;
        }
        let fees = Fees {
            roles: Roles { engine: self, agreement },
            month,
            validity: validity(agreement),
            plans: self.plans_of(agreement),
        };
        let own: Vec<&Share> = shares.rows.iter().filter(|share| share.agreement == number).collect();
        let cast = &mut shares.cast;
        let currencies = Currencies::new(self, agreement, &own, cast);
        let mut period = Period { agreement, version, fees, shares: own, cast, currencies, true_ups: BTreeMap::new() };
        let (parts, faults) = period.flows()?;
        let share =
            |Part { flow, true_up, group, amount }| Share { agreement: number, version, flow, true_up, group, amount };
        Ok((parts.into_iter().map(share).collect(), faults))
    }

    /// The plans of which an agreement shares a charge.
    fn plans_of(&self, agreement: &Agreement) -> Vec<bool> {
        let shared = |charge: usize| agreement.shares_charge.get(charge) == Some(&true);
        self.compiled.plans.iter().map(|plan| plan.charges.clone().any(shared)).collect()
    }
}

/// The version at the start of a month, or else the first that comes into force in it.
fn standing(agreement: &Agreement, month: &Month) -> Option<usize> {
    let begins = agreement.versions.iter().map(|version| version.from);
    let within = begins.filter(|from| month.start < *from && *from < month.end);
    std::iter::once(month.start).chain(within).find_map(|instant| agreement.version_at(instant))
}

/// From when until when an agreement is in force, in whatever version.
fn validity(agreement: &Agreement) -> (i64, i64) {
    let from = agreement.versions.iter().map(|version| version.from).min();
    let until = agreement.versions.iter().map(|version| version.until).max();
    (from.unwrap_or(i64::MAX), until.unwrap_or(i64::MIN))
}

/// Whether a code is one.
fn some(code: u32) -> Option<u32> {
    (code != NONE).then_some(code)
}
