//! Drafts of one charge on one record: one, or with `across: split` one for each band that the record runs through.

mod walk;

use std::collections::BTreeMap;

use super::chunk::Pending;
use super::drafts::{Draft, Drafts};
use super::route::{Context, Fault};
use super::rows::Record;
use crate::band::Edges;
use crate::charge::NULL;
use crate::clock::{HORIZON, SECOND};
use crate::column::{Cell, ONE};
use crate::compile::{Basis, Charge, Input};
use crate::reject::Code;
use walk::Walk;

/// A record on its way to drafts.
#[derive(Debug, Clone, Copy)]
pub struct Guide<'a> {
    pub context: &'a Context<'a>,
    pub record: Record<'a>,
    pub service: u32,
    pub time: i64,
}

/// A part of a record in one band.
struct Segment {
    charge: u32,
    band: u32,
    quantity: i128,
    billed: i128,
}

impl Segment {
    /// The same of a negative quantity: a correction takes back what was charged.
    fn mirror(&mut self) {
        self.quantity = -self.quantity;
        if self.billed != NULL {
            self.billed = -self.billed;
        }
    }
}

impl Guide<'_> {
    /// Adds the drafts of the chosen charges, and of the cost plans that flows on them need; tells what is wrong with them.
    #[inline]
    pub fn drafts(&self, chosen: &[u32], drafts: &mut Drafts) -> Pending {
        let first = drafts.len();
        let mut pending = Pending { charge: self.drafts_of(chosen, 0, drafts), costs: Vec::new() };
        if pending.charge.is_none() && !self.context.compiled.costs.is_empty() {
            self.costs(first, drafts, &mut pending.costs);
        }
        pending
    }

    /// Adds the drafts of some charges, or tells the fault of lowest code. A charge that cannot be split is drafted whole:
    /// what is wrong with its price may be of a lower code still.
    #[inline]
    fn drafts_of(&self, chosen: &[u32], tariff: u32, drafts: &mut Drafts) -> Option<Fault> {
        let mut worst = None;
        for &charge in chosen {
            let before = drafts.len();
            if let Err(fault) = self.draft(charge, tariff, drafts) {
                drafts.truncate(before);
                fault.keep_lowest(&mut worst);
                match self.whole(charge, tariff) {
                    Ok(whole) => drafts.push(whole),
                    Err(fault) => fault.keep_lowest(&mut worst),
                }
            }
        }
        worst
    }

    /// Whether an agreement could share one of the charges by a cost plan that counts.
    pub fn may_have_costs(&self, chosen: &[u32]) -> bool {
        let agreements = &self.context.compiled.agreements;
        agreements.iter().any(|agreement| chosen.iter().any(|&charge| agreement.shares_charge[charge as usize]))
    }

    /// Drafts of the charges of cost plans, for the flows that need them: once a record.
    fn costs(&self, first: usize, drafts: &mut Drafts, faults: &mut Vec<(u32, Fault)>) {
        let retail = first..drafts.len();
        for agreement in &self.context.compiled.agreements {
            let applies = |at: usize| agreement.applies(drafts.charge[at], &self.record.in_band(drafts.band[at]));
            if !retail.clone().any(applies) {
                continue;
            }
            let Some(version) = agreement.version_at(self.time).map(|version| &agreement.versions[version]) else {
                continue;
            };
            for (place, flow) in version.flows.iter().enumerate() {
                if let Basis::Plan { plan, cost, .. } = flow.basis
                    && version.is_present(place, self.time, &self.record)
                {
                    let tariff = cost as u32 + 1;
                    let path = || format!("{}/{}", agreement.id, flow.id);
                    if let Err(fault) = self.cost(plan, tariff, &path, drafts) {
                        faults.push((tariff, fault));
                    }
                }
            }
        }
    }

    /// Adds the drafts of one charge.
    #[inline]
    fn draft(&self, charge: u32, tariff: u32, drafts: &mut Drafts) -> Result<(), Fault> {
        let terms = &self.context.compiled.charges[charge as usize];
        let quantity = self.quantity();
        if terms.across_split
            && self.prices_units(terms)
            && quantity != 0
            && quantity != NULL
            // A negative quantity that is not allowed is a reject of its price, whatever its duration.
            && (quantity > 0 || terms.allow_negative)
            && let Some(edges) = self.edges(terms)
        {
            let mut segments = self.segments(terms, charge, quantity.abs(), edges)?;
            if quantity < 0 {
                segments.iter_mut().for_each(Segment::mirror);
            }
            let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
            for (place, segment) in segments.iter().enumerate() {
                let number = numbers.entry(segment.charge).or_default();
                drafts.push(self.segment_draft(segment, tariff, *number, place == 0)?);
                *number += 1;
            }
            return Ok(());
        }
        drafts.push(self.whole(charge, tariff)?);
        Ok(())
    }

    /// Whether a charge prices units at the time of the record. Others have no blocks that bands could part.
    fn prices_units(&self, charge: &Charge) -> bool {
        let version = charge.version_at(self.time, self.clock()).and_then(|version| charge.versions.get(version));
        version.is_some_and(|version| version.model.prices_units())
    }

    /// The draft of a charge on the whole record.
    #[inline]
    fn whole(&self, charge: u32, tariff: u32) -> Result<Draft, Fault> {
        let whole = Segment { charge, band: self.record.band, quantity: self.quantity(), billed: NULL };
        self.segment_draft(&whole, tariff, 0, true)
    }

    /// Adds the drafts of a flow's cost plan.
    fn cost(&self, plan: usize, tariff: u32, path: &dyn Fn() -> String, drafts: &mut Drafts) -> Result<(), Fault> {
        let compiled = self.context.compiled;
        let currency = &compiled.plans[plan].currency;
        if *currency != compiled.plans[self.record.plan as usize].currency {
            return Err(Fault::new(Code::CurrencyMismatch, &path(), Some(currency)));
        }
        let mut guide = *self;
        guide.record.plan = plan as u32;
        if let Some(calendar) = compiled.plans[plan].calendar {
            let span = compiled.edges(calendar, self.clock()).at(self.time, &mut 0);
            guide.record.band = span.ok_or_else(|| self.outside_calendar())?.band;
        }
        let mut chosen = Vec::new();
        guide.record.choose(self.service, &mut chosen);
        let rates_usage = |&at: &usize| compiled.charges[at].kind == crate::catalog::Kind::Usage;
        if chosen.is_empty() && compiled.plans[plan].charges.clone().any(|at| rates_usage(&at)) {
            return Err(Fault::new(Code::NoMatchingCharge, &path(), None));
        }
        chosen.sort_unstable();
        guide.drafts_of(&chosen, tariff, drafts).map_or(Ok(()), Err)
    }

    fn segment_draft(&self, segment: &Segment, tariff: u32, number: u32, first: bool) -> Result<Draft, Fault> {
        let charge = &self.context.compiled.charges[segment.charge as usize];
        let version =
            charge.version_at(self.time, self.clock()).ok_or_else(|| Fault::new(Code::NoPrice, &charge.path, None))?;
        Ok(Draft {
            row: self.record.row as u32,
            tariff,
            charge: segment.charge,
            version: version as u32,
            band: segment.band,
            segment: number,
            first,
            quantity: segment.quantity,
            billed: segment.billed,
        })
    }

    fn quantity(&self) -> i128 {
        let quantity = &self.record.rows.quantity;
        if quantity.cells.get(self.record.row) == Cell::Fine { quantity.values[self.record.row] } else { NULL }
    }

    #[cold]
    fn outside_calendar(&self) -> Fault {
        let time = self.record.rows.time.shown(self.record.row);
        Fault::new(Code::OutsideCalendar, &self.context.usage.time, Some(&time))
    }

    fn clock(&self) -> u32 {
        self.record.held.clock
    }

    fn edges(&self, charge: &Charge) -> Option<&Edges> {
        let compiled = self.context.compiled;
        let calendar = compiled.plans[charge.plan as usize].calendar?;
        Some(compiled.edges(calendar, self.clock()))
    }

    fn duration(&self, path: &str) -> Result<i128, Fault> {
        let field = self.context.usage.duration.as_deref().unwrap_or("duration");
        let (cells, row) = (&self.record.rows.duration, self.record.row);
        let shown = || cells.text.as_ref().and_then(|text| text.get(row));
        match (cells.cells.get(row), cells.values[row]) {
            (Cell::Fine, duration) if duration >= 0 => Ok(duration),
            (Cell::Fine | Cell::TooLow, _) => {
                Err(Fault::new(Code::NegativeDuration, path, cells.shown(row).as_deref()))
            }
            (Cell::TooLarge, _) => Err(Fault::new(Code::Overflow, path, None)),
            (Cell::Null, _) => Err(Fault::new(Code::NullDuration, path, None)),
            (Cell::TooManyDecimals, _) => Err(Fault::new(Code::TooManyDecimals, field, shown())),
            _ => Err(Fault::new(Code::BadNumber, field, shown())),
        }
    }

    fn segments(&self, terms: &Charge, charge: u32, quantity: i128, edges: &Edges) -> Result<Vec<Segment>, Fault> {
        let duration = self.duration(&terms.path)?;
        let usage = self.context.usage;
        let is_time = matches!((&usage.quantity, &usage.duration), (Some(Input::Column(q)), Some(d)) if q == d);
        if duration > i128::from((HORIZON - self.time) / SECOND) * ONE {
            return Err(self.outside_calendar());
        }
        let walk = Walk::new(self, &terms.component, edges);
        if is_time { walk.through_time(quantity) } else { walk.in_proportion(charge, quantity, duration) }
    }
}
