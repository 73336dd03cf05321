//! Flows, compiled: what each makes of its base, and for whom.

use crate::basis::greater_of::TRUE_UP;
use crate::catalog::{self, Binding, Per};
use crate::charge::{Flat, Model, Target, Unit};
use crate::compile::charge::target;
use crate::compile::{Compiler, Number, Values};
use crate::condition::{Attributes, Condition};
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

impl Compiler<'_> {
    pub(super) fn flow(&mut self, path: &str, terms: &catalog::Flow, costs: &mut Names) -> Flow {
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
