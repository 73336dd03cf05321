//! From terms and tables to what the verbs run on: names become small codes, texts become numbers, conditions become
//! decision tables. Whatever is wrong is collected and reported at once.

mod agreement;
mod charge;
mod condition;
mod lane;
mod model;
mod number;
mod plan;
mod usage;

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use partita_money::Dec;

pub use agreement::{Agreement, AgreementVersion, Basis, Flow, Role};
pub use charge::{Charge, Counted, Version};
pub use lane::{LaneCharge, Lanes};
pub use number::{Number, Scratch, Values};
pub use plan::Plan;
pub use usage::{Input, Usage};

use crate::band::{Calendar, Edges};
use crate::catalog::Terms;
use crate::clock::TimeZone;
use crate::error::{Error, Problem, Result};
use crate::guide::zone_classes;
use crate::names::Names;
use crate::table::Table;
use crate::zone::Prefixes;

/// Everything the verbs need that does not depend on subscribers.
#[derive(Debug)]
pub struct Compiled {
    pub rules: String,
    pub currencies: BTreeMap<String, u32>,
    pub parties: Names,
    pub clocks: Vec<TimeZone>,
    pub zones: Names,
    /// By zone, and for none: zones of one class rate alike.
    pub zone_classes: Vec<u32>,
    pub prefixes: Option<Prefixes>,
    pub bands: Names,
    pub calendars: Vec<Calendar>,
    pub services: Names,
    pub attributes: Names,
    pub tables: Vec<Table>,
    pub usage: Vec<Usage>,
    pub plan_names: Names,
    pub plans: Vec<Plan>,
    pub charges: Vec<Charge>,
    pub charge_paths: Names,
    pub agreements: Vec<Agreement>,
    /// What can be rated in lanes.
    pub lanes: Lanes,
    /// Flows with a cost plan, as `agreement/flow`.
    pub costs: Names,
    /// Whether some cost plan counts.
    pub cost_counts: bool,
    pub skip_zero_documents: bool,
}

/// What is being built, and what is wrong so far.
struct Compiler<'a> {
    terms: &'a Terms,
    problems: Vec<Problem>,
    parties: Names,
    clocks: Vec<TimeZone>,
    zones: Names,
    bands: Names,
    services: Names,
    attributes: Names,
    tables: Vec<Table>,
    plan_names: Names,
}

impl Compiled {
    /// The edges of a calendar for an account with this clock.
    #[inline]
    pub fn edges(&self, calendar: usize, clock: u32) -> &Edges {
        self.calendars[calendar].edges(clock, &self.clocks)
    }

    /// Compiles the terms with their prefixes (columns prefix, zone) and look-up tables.
    pub fn new(terms: &Terms, prefixes: Option<&RecordBatch>, tables: &BTreeMap<String, RecordBatch>) -> Result<Self> {
        let mut compiler = Compiler::new(terms);
        compiler.add_tables(tables)?;
        let prefixes = prefixes.map(|rows| compiler.prefixes(rows)).transpose()?;
        let calendars = compiler.calendars();
        let (plans, charges) = compiler.plans();
        let mut costs = Names::default();
        let agreements = compiler.agreements(&plans, &charges, &mut costs);
        let usage = compiler.usage();
        if !compiler.problems.is_empty() {
            return Err(Error::Catalog(compiler.problems));
        }
        let lanes = Lanes::new(&plans, &charges, &agreements);
        let cost_counts = agreements.iter().any(|agreement| agreement.counts_costs(&plans));
        Ok(Self {
            rules: terms.rules.clone(),
            currencies: terms.currencies.clone(),
            parties: compiler.parties,
            clocks: compiler.clocks,
            zone_classes: zone_classes(compiler.zones.len() + 1, plans.iter().map(|plan| &plan.guide)),
            zones: compiler.zones,
            prefixes,
            bands: compiler.bands,
            calendars,
            services: compiler.services,
            attributes: compiler.attributes,
            tables: compiler.tables,
            usage,
            plan_names: compiler.plan_names,
            plans,
            charge_paths: Names::new(charges.iter().map(|charge| charge.path.as_str())),
            charges,
            cost_counts,
            lanes,
            agreements,
            costs,
            skip_zero_documents: terms.billing.skip_zero_documents,
        })
    }
}

impl Compiled {
    /// The place among all charges of `plan/charge`.
    pub fn charge(&self, path: &str) -> Option<usize> {
        self.charge_paths.code(path).map(|code| code as usize)
    }

    /// The name of a charge's counters: `plan/charge`, behind `agreement/flow/` where a flow's cost plan counts.
    pub fn path_of_charge(&self, tariff: u32, charge: u32) -> String {
        let path = &self.charges[charge as usize].path;
        let cost = tariff.checked_sub(1).and_then(|cost| self.costs.name(cost));
        cost.map_or_else(|| path.clone(), |cost| format!("{cost}/{path}"))
    }

    /// The tariff and charge of such a name.
    pub fn charge_of_path(&self, path: &str) -> Option<(u32, u32)> {
        let charge = |path: &str| self.charge_paths.code(path);
        charge(path).map(|charge| (0, charge)).or_else(|| {
            let costs = self.costs.all().zip(1_u32..);
            let mut found = costs.filter_map(|(cost, tariff)| {
                let path = path.strip_prefix(cost)?.strip_prefix('/')?;
                Some((tariff, charge(path)?))
            });
            found.next()
        })
    }
}

impl<'a> Compiler<'a> {
    fn new(terms: &'a Terms) -> Self {
        let names = |ids: Vec<&'a str>| Names::new(ids);
        let bands = terms.calendars.iter().flat_map(|calendar| calendar.bands.iter().map(|band| band.id.as_str()));
        let mut compiler = Self {
            terms,
            problems: Vec::new(),
            parties: names(terms.parties.iter().map(String::as_str).collect()),
            clocks: terms.time_zones.iter().map(TimeZone::new).collect(),
            zones: names(terms.zones.iter().map(String::as_str).collect()),
            bands: names(bands.collect()),
            services: Names::default(),
            attributes: Names::default(),
            tables: Vec::new(),
            plan_names: names(terms.plans.iter().map(|plan| plan.id.as_str()).collect()),
        };
        let tested =
            terms.plans.iter().flat_map(|plan| plan.charges.iter().filter_map(|charge| charge.when.service.as_ref()));
        let shared = terms.agreements.iter().flat_map(|agreement| &agreement.services);
        for service in tested.flat_map(|test| test.equals.iter().flatten()).chain(shared) {
            compiler.services.intern(service);
        }
        compiler
    }

    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { path: path.into(), message: message.into() });
    }

    fn add_tables(&mut self, rows: &BTreeMap<String, RecordBatch>) -> Result<()> {
        for table in &self.terms.tables {
            match rows.get(&table.id).map(|rows| Table::new(table, rows)) {
                Some(Ok(table)) => self.tables.push(table),
                Some(Err(Error::Catalog(problems))) => self.problems.extend(problems),
                Some(Err(other)) => return Err(other),
                None => self.problem(format!("tables.{}", table.id), "has no rows"),
            }
        }
        Ok(())
    }

    fn prefixes(&mut self, rows: &RecordBatch) -> Result<Prefixes> {
        let column = |name: &str| {
            let array =
                rows.column_by_name(name).ok_or_else(|| Error::catalog("zones", format!("no column {name:?}")))?;
            crate::column::Text::read(name, array, None)
        };
        let (prefixes, zones) = (column("prefix")?, column("zone")?);
        let mut pairs = Vec::with_capacity(rows.num_rows());
        let mut seen = crate::keys::Keys::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            match (prefixes.get(row), zones.get(row).map(|zone| self.zones.intern(zone))) {
                (Some(prefix), Some(zone)) if !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit()) => {
                    if seen.intern(prefix) as usize == pairs.len() {
                        pairs.push((prefix, zone));
                    } else {
                        self.problem("zones", format!("prefix {prefix} stands in two zones"));
                    }
                }
                (prefix, _) => {
                    self.problem("zones", format!("{prefix:?} in row {row} is not a prefix of digits with a zone"));
                }
            }
        }
        Ok(Prefixes::new(pairs))
    }

    fn calendars(&self) -> Vec<Calendar> {
        self.terms.calendars.iter().map(|terms| Calendar::new(terms, &self.clocks, &self.bands)).collect()
    }

    fn decimal(&mut self, path: &str, text: &str) -> i128 {
        Dec::parse(text).map_or_else(
            |error| {
                self.problem(path, error.to_string());
                0
            },
            Dec::raw,
        )
    }
}
