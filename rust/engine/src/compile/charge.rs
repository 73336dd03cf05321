//! Charges, compiled.

use partita_money::Rounding;

use super::Compiler;
use super::number::Values;
use crate::catalog::{self, Kind, Reset, RoundingMode, Scope};
use crate::charge::{Model, Target};
use crate::condition::{Condition, Test};
use crate::guide::Candidate;
use crate::names::Names;

/// What a charge counts, for whom, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub scope: Scope,
    pub reset: Reset,
}

/// A charge model as of a moment.
#[derive(Debug, Clone)]
pub struct Version {
    pub model: Model,
    pub values: Values,
    /// The attribute that carries the amount or price of a `dynamic` charge.
    pub column: Option<usize>,
    /// Whether the fee of the first tier is due for a counter that stays at 0.
    pub charge_at_zero: bool,
}

/// One charge of a plan.
#[derive(Debug)]
pub struct Charge {
    pub plan: u32,
    pub id: String,
    /// `plan/charge`, as counters and line ids name it.
    pub path: String,
    pub component: String,
    pub kind: Kind,
    /// What a recurring or one-time charge asks of its subscription; usage is guided by the plan's tables.
    pub condition: Condition,
    pub advance: bool,
    pub prorate: bool,
    pub across_split: bool,
    pub allow_negative: bool,
    pub target: Target,
    pub tax_category: String,
    pub versions: Vec<Version>,
    /// The instants from which the versions hold, for each clock; empty for a single version since ever.
    pub starts: Vec<Vec<i64>>,
    pub counted: Option<Counted>,
}

impl Charge {
    /// Whether in some version the fee of the first tier is due for a counter that stays at 0.
    pub fn may_charge_at_zero(&self) -> bool {
        self.versions.iter().any(|version| version.charge_at_zero)
    }

    /// The version in force at an instant, on a clock; none before the first.
    #[inline]
    pub fn version_at(&self, instant: i64, clock: u32) -> Option<usize> {
        Some(self.version_span(instant, clock)?.0)
    }

    /// The same, and the instants between which it is in force.
    #[inline]
    pub fn version_span(&self, instant: i64, clock: u32) -> Option<(usize, i64, i64)> {
        let Some(starts) = self.starts.get(clock as usize) else { return Some((0, i64::MIN, i64::MAX)) };
        let next = starts.partition_point(|&start| start <= instant);
        let version = next.checked_sub(1)?;
        Some((version, starts[version], starts.get(next).copied().unwrap_or(i64::MAX)))
    }
}

/// A rounding mode of the terms.
pub(super) fn mode(mode: RoundingMode) -> Rounding {
    match mode {
        RoundingMode::HalfEven => Rounding::HalfEven,
        RoundingMode::HalfUp => Rounding::HalfUp,
        RoundingMode::HalfDown => Rounding::HalfDown,
        RoundingMode::Up => Rounding::Up,
        RoundingMode::Down => Rounding::Down,
        RoundingMode::Ceiling => Rounding::Ceiling,
        RoundingMode::Floor => Rounding::Floor,
    }
}

/// A `round`, or as stored.
pub(super) fn target(round: Option<catalog::Rounding>) -> Target {
    round.map_or(Target::STORED, |round| Target::new(round.decimals, mode(round.mode)))
}

/// Scope and reset of a model that counts beyond one record.
fn counted(model: &catalog::Model) -> Option<Counted> {
    let (scope, reset) = match model {
        catalog::Model::Graduated(terms) => (terms.scope, terms.reset),
        catalog::Model::Package(terms) => (terms.scope, terms.reset),
        catalog::Model::Percentage(terms)
            if terms.free_records > 0 || terms.free_amount.bytes().any(|b| matches!(b, b'1'..=b'9')) =>
        {
            (terms.scope, terms.reset)
        }
        _ => return None,
    };
    (scope != Scope::Record).then_some(Counted { scope, reset })
}

impl Compiler<'_> {
    pub(super) fn charge(&mut self, plan: u32, plan_id: &str, terms: &catalog::Charge) -> Charge {
        let path = format!("plans.{plan_id}.charges.{}", terms.id);
        let rounds = terms.round.is_some();
        let versions: Vec<Version> =
            terms.versions.iter().map(|version| self.version(&path, &version.model, rounds)).collect();
        let dated = terms.versions.iter().any(|version| version.from.is_some());
        let start = |clock: &crate::clock::TimeZone| {
            terms.versions.iter().map(|version| version.from.map_or(i64::MIN, |from| clock.moment(from))).collect()
        };
        let models = || terms.versions.iter().map(|version| &version.model);
        let condition = match terms.kind {
            Kind::Usage => Condition::default(),
            Kind::Recurring | Kind::OneTime => self.condition(&path, &terms.when),
        };
        Charge {
            plan,
            id: terms.id.clone(),
            path: format!("{plan_id}/{}", terms.id),
            component: terms.component.clone(),
            kind: terms.kind,
            condition,
            advance: terms.advance,
            prorate: terms.prorate,
            across_split: terms.across_split,
            allow_negative: terms.allow_negative,
            target: target(terms.round),
            tax_category: terms.tax_category.clone(),
            starts: if dated { self.clocks.iter().map(start).collect() } else { Vec::new() },
            counted: models().find_map(counted),
            versions,
        }
    }

    /// What a charge's `when` asks of the decision tables, and what is left for the record.
    pub(super) fn candidate(
        &mut self,
        at: usize,
        terms: &catalog::Charge,
        components: &mut Names,
        path: &str,
    ) -> Candidate {
        let path = format!("{path}.charges.{}.when", terms.id);
        let mut residual = Condition::default();
        let services = terms.when.service.as_ref().and_then(|test| {
            let test = self.test(&path, test);
            let codes =
                test.only_equals().map(|values| values.iter().filter_map(|value| self.services.code(value)).collect());
            if codes.is_none() {
                residual.tests.push((crate::condition::Source::Service, test));
            }
            codes
        });
        let zone = terms.when.zone.as_ref().map(|test| self.test(&path, test));
        let band = terms.when.band.as_ref().map(|test| self.test(&path, test));
        for (name, test) in &terms.when.attributes {
            let test = self.test(&path, test);
            residual.tests.push((self.source(name), test));
        }
        Candidate {
            charge: u32::try_from(at).unwrap_or(u32::MAX),
            component: components.intern(&terms.component),
            priority: terms.priority,
            services,
            zones: zone.map(|test| matching(&test, &self.zones)),
            bands: band.map(|test| matching(&test, &self.bands)),
            residual,
            dated: terms.versions.first().is_some_and(|version| version.from.is_some()),
        }
    }
}

/// The codes of the names that fit; the code after the last name is null.
fn matching(test: &Test, names: &Names) -> Vec<u32> {
    if let Some(values) = test.only_equals() {
        return values.iter().filter_map(|value| names.code(value)).collect();
    }
    let null = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let fits = names.all().zip(0..).filter(|(name, _)| test.fits(Some(name))).map(|(_, code)| code);
    fits.chain(test.fits(None).then_some(null)).collect()
}
