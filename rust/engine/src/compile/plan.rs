//! Plans, compiled: their charges, and the guides that lead to them.

use super::{Charge, Compiler};
use crate::catalog;
use crate::guide::{Domains, Guide};
use crate::names::Names;

/// A plan: its charges are `charges[first..first + count]`.
#[derive(Debug)]
pub struct Plan {
    pub id: String,
    /// Party code; none: the subscription's `sold_by`.
    pub seller: Option<u32>,
    pub currency: String,
    pub calendar: Option<usize>,
    pub charges: std::ops::Range<usize>,
    pub guide: Guide,
    /// Charges that count per subscription or account.
    pub counted: Vec<usize>,
}

impl Compiler<'_> {
    pub(super) fn plans(&mut self) -> (Vec<Plan>, Vec<Charge>) {
        let mut plans = Vec::new();
        let mut charges = Vec::new();
        for terms in &self.terms.plans {
            let first = charges.len();
            for charge in &terms.charges {
                let plan = u32::try_from(plans.len()).unwrap_or(u32::MAX);
                charges.push(self.charge(plan, &terms.id, charge));
            }
            plans.push(self.plan(terms, first, &charges));
        }
        (plans, charges)
    }

    fn plan(&mut self, terms: &catalog::Plan, first: usize, charges: &[Charge]) -> Plan {
        let path = format!("plans.{}", terms.id);
        let seller = terms.seller.as_ref().and_then(|seller| {
            let code = self.parties.code(seller);
            if code.is_none() {
                self.problem(format!("{path}.seller"), format!("no party {seller:?}"));
            }
            code
        });
        let calendar = terms.calendar.as_ref().and_then(|id| {
            let found = self.terms.calendars.iter().position(|calendar| calendar.id == *id);
            if found.is_none() {
                self.problem(format!("{path}.calendar"), format!("no calendar {id:?}"));
            }
            found
        });
        // A destination that cannot be read is in no zone, and not in none either.
        let zones = self.zones.len() + 2;
        let domains = Domains { services: self.services.len() + 1, zones, bands: self.bands.len() + 1 };
        let mut components = Names::default();
        let candidates: Vec<_> = (first..)
            .zip(&terms.charges)
            .filter(|(_, charge)| charge.kind == catalog::Kind::Usage)
            .map(|(at, charge)| self.candidate(at, charge, &mut components, &path))
            .collect();
        Plan {
            id: terms.id.clone(),
            seller,
            currency: terms.currency.clone(),
            calendar,
            charges: first..charges.len(),
            guide: Guide::new(&candidates, domains),
            counted: (first..charges.len()).filter(|&at| charges[at].counted.is_some()).collect(),
        }
    }
}
