//! Agreements, compiled: which lines they share, and a list of flows in which every flow comes after its bases.

use std::collections::BTreeSet;

use super::charge::target;
use super::number::{Number, Values};
use super::{Charge, Compiled, Compiler, Plan};
use crate::basis::greater_of::TRUE_UP;
use crate::catalog::{self, Binding, NoticeWhen, Per};
use crate::charge::{Flat, Model, Target, Unit};
use crate::condition::{Attributes, Condition, Source, Test};
use crate::names::Names;

/// Who plays a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Party(u32),
    AccountOwner,
    Seller,
    /// An attribute of the record.
    Attribute(usize),
    SoldBy,
    IntroducedBy,
}

impl Role {
    /// Whether a subscription tells who plays it.
    pub fn is_of_subscription(self) -> bool {
        matches!(self, Self::AccountOwner | Self::SoldBy | Self::IntroducedBy)
    }
}

/// What a flow makes of its base; see `catalog::Basis`.
#[derive(Debug, Clone)]
pub enum Basis {
    /// The sale itself: the lines, which the customer's bill carries.
    Sale,
    Whole,
    Percent {
        rate: Number,
        complement: bool,
    },
    /// Charges of another plan; `cost` is the flow's place among those with a plan.
    Plan {
        plan: usize,
        factor: Number,
        plus_one: bool,
        cost: usize,
    },
    PerEvent {
        model: Model,
        values: Values,
    },
    PerUnit {
        model: Model,
        values: Values,
        billed: bool,
    },
    Split(Vec<(Role, Number)>),
    Remainder(Vec<usize>),
    GreaterOf {
        flows: Vec<usize>,
        amounts: Vec<i128>,
        per_subscription: bool,
    },
    Recurring {
        fee: i128,
        per: Per,
        prorate: bool,
    },
    Standalone(Vec<(String, i128)>),
}

impl Basis {
    /// Whether the flow is computed when the period closes rather than with each record.
    pub fn at_close(&self) -> bool {
        matches!(self, Self::GreaterOf { .. } | Self::Recurring { .. } | Self::Standalone(_))
    }
}

/// One arrow of money.
#[derive(Debug)]
pub struct Flow {
    pub id: String,
    /// The item of the line of what a guarantee adds.
    pub true_up: String,
    /// Its place in the agreement as it is written, by which amounts are dealt and statements directed.
    pub written: usize,
    pub payer: Role,
    pub payee: Role,
    pub of: Vec<usize>,
    pub minus: Vec<usize>,
    pub condition: Condition,
    pub from: i64,
    pub until: i64,
    pub target: Target,
    pub payable: bool,
    pub net: bool,
    pub tax_category: String,
    pub basis: Basis,
    /// Computed when the period closes: by its basis, or because one of its bases is.
    pub at_close: bool,
    /// A flow of the period needs its sums.
    pub is_measured: bool,
    /// A flow of the period is reckoned per subscription, and needs its sums so.
    pub by_subscription: bool,
}

impl Flow {
    /// Whether somebody pays it: neither the sale, which the bill carries, nor a flow that is only a base for others.
    #[inline]
    pub fn is_paid(&self) -> bool {
        self.payable && !matches!(self.basis, Basis::Sale)
    }

    /// What it, or what it adds to what was measured, is called on statements and in shares.
    pub fn item(&self, true_up: bool) -> &str {
        if true_up { &self.true_up } else { &self.id }
    }

    /// The flows that it refers to.
    pub fn bases(&self) -> impl Iterator<Item = usize> + '_ {
        let named: &[usize] = match &self.basis {
            Basis::GreaterOf { flows, .. } | Basis::Remainder(flows) => flows,
            _ => &[],
        };
        self.of.iter().chain(&self.minus).chain(named).copied()
    }

    /// Whether the flow is there for a record.
    #[inline]
    pub fn applies(&self, time: i64, record: &impl Attributes) -> bool {
        self.from <= time && time < self.until && self.condition.fits(record)
    }
}

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

    fn flow(&mut self, path: &str, terms: &catalog::Flow, costs: &mut Names) -> Flow {
        let path = format!("{path}.flows.{}", terms.id);
        let basis = self.basis(&path, terms, costs);
        Flow {
            id: terms.id.clone(),
            true_up: format!("{}{TRUE_UP}", terms.id),
            written: terms.written,
            payer: self.role(&path, &terms.payer),
            payee: self.role(&path, &terms.payee),
            of: terms.of.clone(),
            minus: terms.minus.clone(),
            condition: self.condition(&path, &terms.when),
            from: terms.from.unwrap_or(i64::MIN),
            until: terms.until.unwrap_or(i64::MAX),
            target: target(terms.round),
            payable: terms.payable,
            net: terms.net,
            tax_category: terms.tax_category.clone(),
            at_close: basis.at_close(),
            is_measured: false,
            by_subscription: false,
            basis,
        }
    }

    fn basis(&mut self, path: &str, terms: &catalog::Flow, costs: &mut Names) -> Basis {
        match &terms.basis {
            catalog::Basis::Whole if terms.of.is_empty() => Basis::Sale,
            catalog::Basis::Whole => Basis::Whole,
            catalog::Basis::Percent { rate, complement } => {
                Basis::Percent { rate: self.number(path, rate), complement: *complement }
            }
            catalog::Basis::Plan { plan, factor, plus_one } => {
                let code = self.plan_names.code(plan).unwrap_or_else(|| {
                    self.problem(path, format!("no plan {plan:?}"));
                    0
                });
                let cost =
                    costs.intern(path.trim_start_matches("agreements.").replacen(".flows.", "/", 1).as_str()) as usize;
                Basis::Plan { plan: code as usize, factor: self.number(path, factor), plus_one: *plus_one, cost }
            }
            catalog::Basis::PerEvent(flat) => {
                let mut values = Values::default();
                let model = Model::Flat(Flat { fee: values.add(self.number(path, &flat.fee)) });
                Basis::PerEvent { model, values }
            }
            catalog::Basis::PerUnit { unit, billed } => {
                let mut values = Values::default();
                let unit: Unit = self.unit(path, unit, &mut values);
                Basis::PerUnit { model: Model::Unit(unit), values, billed: *billed }
            }
            catalog::Basis::Split(weights) => Basis::Split(
                weights.iter().map(|(role, weight)| (self.role(path, role), self.number(path, weight))).collect(),
            ),
            catalog::Basis::Remainder(flows) => Basis::Remainder(flows.clone()),
            catalog::Basis::GreaterOf { flows, amounts, per_subscription } => Basis::GreaterOf {
                flows: flows.clone(),
                amounts: amounts.iter().map(|text| self.decimal(path, text)).collect(),
                per_subscription: *per_subscription,
            },
            catalog::Basis::Recurring { fee, per, prorate } => {
                Basis::Recurring { fee: self.decimal(path, fee), per: *per, prorate: *prorate }
            }
            catalog::Basis::Standalone(prices) => Basis::Standalone(
                prices.iter().map(|(name, price)| (name.clone(), self.decimal(path, price))).collect(),
            ),
        }
    }

    fn party(&mut self, path: &str, id: &str) -> Option<u32> {
        let code = self.parties.code(id);
        if code.is_none() {
            self.problem(path, format!("no party {id:?}"));
        }
        code
    }

    fn role(&mut self, path: &str, binding: &Binding) -> Role {
        match binding {
            Binding::Party(id) => Role::Party(self.party(path, id).unwrap_or(0)),
            Binding::AccountOwner => Role::AccountOwner,
            Binding::Seller => Role::Seller,
            Binding::Column(name) => Role::Attribute(self.attributes.intern(name) as usize),
            Binding::SoldBy => Role::SoldBy,
            Binding::IntroducedBy => Role::IntroducedBy,
        }
    }
}

/// Has flows summed by subscription wherever some flow of the period needs it. A period may have shares of several
/// versions, so what one of them needs all versions give.
fn keep_subscriptions(versions: &mut [AgreementVersion]) {
    let needed = |version: &AgreementVersion| {
        let flow = |base: usize| version.flows.get(base).map(|flow| flow.id.clone());
        bases_by_subscription(&version.flows).into_iter().filter_map(flow).collect::<Vec<_>>()
    };
    let needed: BTreeSet<String> = versions.iter().flat_map(needed).collect();
    for flow in versions.iter_mut().flat_map(|version| &mut version.flows) {
        flow.by_subscription = needed.contains(&flow.id);
    }
}

/// What the period needs of a flow in one version it needs of the flow of that name in all: a month may see several.
fn keep_measured(versions: &mut [AgreementVersion]) {
    let measured = |version: &AgreementVersion| {
        let own = version.flows.iter().filter(|flow| flow.is_measured);
        own.map(|flow| flow.id.clone()).collect::<Vec<_>>()
    };
    let needed: BTreeSet<String> = versions.iter().flat_map(measured).collect();
    for flow in versions.iter_mut().flat_map(|version| &mut version.flows) {
        flow.is_measured |= needed.contains(&flow.id);
    }
}

/// The bases of the flows of the period that are reckoned per subscription: by themselves, because one of their bases is,
/// or because the subscription tells who plays a role of theirs.
fn bases_by_subscription(flows: &[Flow]) -> Vec<usize> {
    let mut each: Vec<bool> = Vec::with_capacity(flows.len());
    for flow in flows {
        let own = match &flow.basis {
            Basis::GreaterOf { per_subscription, .. } => *per_subscription,
            Basis::Recurring { per, .. } => *per == Per::Subscription,
            _ => flow.bases().any(|base| each.get(base) == Some(&true)),
        };
        let asks = |role: Role| {
            let of = |base: usize| flows.get(base).is_some_and(|base| base.payer == role || base.payee == role);
            role.is_of_subscription() && !flow.bases().all(of)
        };
        each.push(own || (flow.at_close && (asks(flow.payer) || asks(flow.payee))));
    }
    flows.iter().zip(each).filter(|(_, each)| *each).flat_map(|(flow, _)| flow.bases()).collect()
}
