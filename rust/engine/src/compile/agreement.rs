//! Agreements, compiled: which lines they share, and a list of flows in which every flow comes after its bases.

mod flow;
mod needed;

use super::{Charge, Compiled, Compiler, Plan};
use crate::catalog::{self, NoticeWhen};
use crate::condition::{Attributes, Condition, Source, Test};
use crate::names::Names;
pub use flow::{Basis, Flow, Role};
use needed::{keep_measured, keep_players, keep_subscriptions};

/// What an agreement is from one instant until another.
#[derive(Debug)]
pub struct AgreementVersion {
    pub from: i64,
    pub until: i64,
    pub territory: Vec<String>,
    pub flows: Vec<Flow>,
    /// Whether flows are computed in the order in which they are written.
    pub is_as_written: bool,
}

impl AgreementVersion {
    /// Whether a flow is there for a record: it applies, and so does one of its bases, if it has any.
    pub fn is_present(&self, flow: usize, time: i64, record: &impl Attributes) -> bool {
        self.flows.get(flow).is_some_and(|flow| {
            let has_base = flow.of.is_empty() || flow.of.iter().any(|&base| self.is_present(base, time, record));
            has_base && flow.applies(time, record)
        })
    }
}

/// A compiled agreement.
#[derive(Debug)]
pub struct Agreement {
    pub id: String,
    /// For each charge of the catalog, whether its lines are shared here (as far as plan and charge tell).
    pub shares_charge: Vec<bool>,
    pub condition: Condition,
    pub currency: Option<String>,
    /// Index of the clock of its period terms.
    pub clock: usize,
    pub require: bool,
    pub allow_over_shared: bool,
    pub suspense: Option<u32>,
    pub consolidated: bool,
    pub carry_negative: bool,
    pub notice_when: Option<NoticeWhen>,
    pub versions: Vec<AgreementVersion>,
}

impl Agreement {
    /// Whether a line of a charge is shared here.
    #[inline]
    pub fn applies(&self, charge: u32, record: &impl Attributes) -> bool {
        self.shares_charge[charge as usize] && self.condition.fits(record)
    }

    /// The currency of the plans that it applies to, if they are all in one.
    pub fn currency_of_plans<'a>(&self, compiled: &'a Compiled) -> Option<&'a str> {
        let shared = compiled.charges.iter().zip(&self.shares_charge).filter(|(_, is_shared)| **is_shared);
        let mut currencies = shared.map(|(charge, _)| compiled.plans[charge.plan as usize].currency.as_str());
        let first = currencies.next()?;
        currencies.all(|other| other == first).then_some(first)
    }

    /// Whether one of its cost plans counts.
    pub(super) fn counts_costs(&self, plans: &[Plan]) -> bool {
        let flows = self.versions.iter().flat_map(|version| &version.flows);
        flows.into_iter().any(|flow| matches!(flow.basis, Basis::Plan { plan, .. } if !plans[plan].counted.is_empty()))
    }

    /// The version in force at an instant.
    #[inline]
    pub fn version_at(&self, instant: i64) -> Option<usize> {
        self.versions.iter().position(|version| version.from <= instant && instant < version.until)
    }
}

impl Compiler<'_> {
    pub(super) fn agreements(&mut self, plans: &[Plan], charges: &[Charge], costs: &mut Names) -> Vec<Agreement> {
        let terms = self.terms;
        terms.agreements.iter().map(|agreement| self.agreement(agreement, plans, charges, costs)).collect()
    }

    fn agreement(
        &mut self,
        terms: &catalog::Agreement,
        plans: &[Plan],
        charges: &[Charge],
        costs: &mut Names,
    ) -> Agreement {
        let path = format!("agreements.{}", terms.id);
        let listed = |all: &[String], id: &String| all.is_empty() || all.contains(id);
        let shares_charge = charges
            .iter()
            .map(|charge| listed(&terms.plans, &plans[charge.plan as usize].id) && listed(&terms.charges, &charge.id))
            .collect();
        let mut condition = self.condition(&path, &terms.when);
        if !terms.services.is_empty() {
            let test = catalog::Test { equals: Some(terms.services.clone()), ..catalog::Test::default() };
            condition.tests.push((Source::Service, Test::new(&test).unwrap_or_default()));
        }
        let clock = self.clocks.iter().position(|clock| clock.name == terms.zone).unwrap_or_else(|| {
            self.problem(&path, format!("the engine was given no transitions for time zone {:?}", terms.zone));
            0
        });
        let suspense = terms.suspense.as_ref().and_then(|party| self.party(&path, party));
        let mut versions: Vec<_> =
            terms.versions.iter().map(|version| self.agreement_version(&path, version, costs)).collect();
        keep_players(&mut versions);
        keep_measured(&mut versions);
        keep_subscriptions(&mut versions);
        Agreement {
            id: terms.id.clone(),
            shares_charge,
            condition,
            currency: terms.currency.clone(),
            clock,
            require: terms.require,
            allow_over_shared: terms.allow_over_shared,
            suspense,
            consolidated: terms.consolidated,
            carry_negative: terms.carry_negative,
            notice_when: terms.notice_when.clone(),
            versions,
        }
    }

    fn agreement_version(
        &mut self,
        path: &str,
        terms: &catalog::AgreementVersion,
        costs: &mut Names,
    ) -> AgreementVersion {
        let mut flows: Vec<Flow> = Vec::new();
        for terms in &terms.flows {
            let mut flow = self.flow(path, terms, costs);
            let waits = |&base: &usize| flows.get(base).is_some_and(|base| base.at_close);
            let follows = flow.bases().any(|base| waits(&base));
            flow.at_close |= follows;
            flows.push(flow);
        }
        let measured: Vec<usize> = flows.iter().filter(|flow| flow.at_close).flat_map(Flow::bases).collect();
        for base in measured {
            if let Some(flow) = flows.get_mut(base) {
                flow.is_measured = true;
            }
        }
        let compared = flows.iter().filter_map(|flow| match &flow.basis {
            Basis::GreaterOf { flows, .. } => Some(flows.clone()),
            _ => None,
        });
        // What a `greater_of` compares is measured, not paid: the greater is paid in its place.
        for base in compared.collect::<Vec<_>>().concat() {
            if let Some(flow) = flows.get_mut(base) {
                flow.payable = false;
            }
        }
        AgreementVersion {
            from: terms.from.unwrap_or(i64::MIN),
            until: terms.until.unwrap_or(i64::MAX),
            territory: terms.territory.clone(),
            is_as_written: flows.is_sorted_by_key(|flow| flow.written),
            flows,
        }
    }

    fn party(&mut self, path: &str, id: &str) -> Option<u32> {
        let code = self.parties.code(id);
        if code.is_none() {
            self.problem(path, format!("no party {id:?}"));
        }
        code
    }
}
