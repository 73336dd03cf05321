//! Which rows take the lane, and what they bring to it.

use super::{Lane, NO_UNITS};
use crate::catalog::Reset;
use crate::charge::MOST_UNITS;
use crate::clock::HORIZON;
use crate::column::{Cell, Text};
use crate::compile::{LaneCharge, NO_LANE};
use crate::guide::Choice;
use crate::rate::route::{Codes, Context, UNPARSABLE};
use crate::rate::rows::{Record, Rows};
use crate::subscriber::Held;

/// What is found of a row.
struct Found {
    row: u32,
    held: Held,
    month: i32,
    zone: u32,
    band: u32,
    charge: u32,
    quantity: i64,
    billed: i64,
    amount: i128,
    set: u32,
}

/// Rows on their way into the lane.
struct Entry<'a, 'b> {
    context: &'a Context<'a>,
    rows: &'a Rows,
    codes: &'b mut Codes,
    /// Whether identities, times and keys are all as they should be.
    is_clean: bool,
    /// By cycle: the last month found, from its start to its end.
    months: Vec<(i64, i64, i32)>,
    sets: Vec<Vec<(u32, u32)>>,
    /// The sets found last, by charge and service, until an instant.
    known: [Known; KNOWN],
    chosen: Vec<u32>,
    scratch: Vec<i128>,
}

/// Rows whose holdings are asked for while those before are looked at.
const BLOCK: usize = 64;

/// How many sets are remembered.
const KNOWN: usize = 64;

/// A set that was found for a charge and a service, within the agreement's time.
#[derive(Clone, Copy)]
struct Known {
    charge: u32,
    service: u32,
    from: i64,
    until: i64,
    set: u32,
}

/// Rows of a chunk into their lane; those that do not fit are added to `rest`.
pub fn route(context: &Context, rows: &Rows, codes: &mut Codes, rest: &mut Vec<u32>) -> Lane {
    let mut lane = Lane::with_capacity(rows.len);
    let has_ids = rows.id.as_ref().is_none_or(|ids| !ids.has_nulls(rows.len));
    let nothing = Known { charge: NO_LANE, service: 0, from: 0, until: 0, set: 0 };
    let mut entry = Entry {
        context,
        rows,
        codes,
        is_clean: has_ids && !rows.has_long && rows.time.cells.all_fine(),
        months: vec![(0, 0, 0); context.subscribers.cycles.len()],
        sets: vec![Vec::new()],
        known: [nothing; KNOWN],
        chosen: Vec::new(),
        scratch: Vec::new(),
    };
    let mut block = Vec::with_capacity(BLOCK);
    for first in (0..rows.len).step_by(BLOCK) {
        let ahead = entry.codes.key.iter().skip(first + BLOCK).take(BLOCK);
        ahead.for_each(|&key| context.subscribers.expect(key));
        block.clear();
        for row in first..(first + BLOCK).min(rows.len) {
            if rows.skipped.get(row).copied().unwrap_or(false) {
                continue;
            }
            match entry.find(row) {
                Some(found) => block.push(found),
                None => rest.push(row as u32),
            }
        }
        lane.extend(&block);
    }
    if lane.set.iter().all(|&set| set == 0) {
        lane.set = Vec::new();
    }
    lane.sets = entry.sets;
    let charges = &context.compiled.lanes.charges;
    lane.counts = lane.charge.iter().any(|&charge| charges[charge as usize].counted.is_some());
    lane
}

impl Lane {
    /// Adds rows, a column after the other.
    #[inline]
    fn extend(&mut self, block: &[Found]) {
        self.row.extend(block.iter().map(|found| found.row));
        self.account.extend(block.iter().map(|found| found.held.account));
        self.subscription.extend(block.iter().map(|found| found.held.subscription));
        self.month.extend(block.iter().map(|found| found.month));
        self.zone.extend(block.iter().map(|found| found.zone));
        self.band.extend(block.iter().map(|found| found.band));
        self.charge.extend(block.iter().map(|found| found.charge));
        self.quantity.extend(block.iter().map(|found| found.quantity));
        self.billed.extend(block.iter().map(|found| found.billed));
        self.amount.extend(block.iter().map(|found| found.amount));
        self.set.extend(block.iter().map(|found| found.set));
    }
}

impl<'a> Entry<'a, '_> {
    /// What is known of a row; none if it does not fit the lane.
    #[inline]
    fn find(&mut self, row: usize) -> Option<Found> {
        let (compiled, subscribers) = (self.context.compiled, self.context.subscribers);
        let time = self.rows.time.values[row];
        if !(self.is_clean || self.is_fine(row)) || !(0..HORIZON).contains(&time) {
            return None;
        }
        let held = subscribers.only_holding(self.codes.key[row], time);
        let zone = self.codes.zone[row];
        if held == Held::NONE || zone == UNPARSABLE {
            return None;
        }
        let month = self.month(held.cycle, time);
        let plan = &compiled.plans[held.plan as usize];
        let mut band = compiled.bands.len() as u32;
        if let Some(calendar) = plan.calendar {
            band = compiled.calendars[calendar].edges(held.clock).at(time, &mut self.codes.near[calendar])?.band;
        }
        let service = self.codes.service[row];
        let charge = match plan.guide.only(service, zone.min(compiled.zones.len() as u32), band) {
            Choice::One(charge) => charge,
            Choice::Ask => self.ask(row, held, (month, zone, band), service)?,
        };
        let version = compiled.charges[charge as usize].version_at(time, held.clock)?;
        let number = compiled.lanes.of(charge, version);
        let lane_charge = compiled.lanes.charges.get(number as usize)?;
        let quantity = self.quantity(lane_charge, row)?;
        let billed = if quantity == NO_UNITS { None } else { lane_charge.whole.billed(quantity) };
        // What counts is priced when its counter is known.
        let amount = match lane_charge.counted {
            None => lane_charge.whole.amount(0, billed.unwrap_or(0), quantity != 0)?,
            Some(_) => 0,
        };
        let (row_number, charge, billed) = (row as u32, number, billed.unwrap_or(NO_UNITS));
        let mut found = Found { row: row_number, held, month, zone, band, charge, quantity, billed, amount, set: 0 };
        if !lane_charge.agreements.is_empty() {
            found.set = self.set(lane_charge, &found, row, service)?;
            if found.set != 0 && lane_charge.counted.is_none() && !self.can_split(found.set, amount) {
                return None;
            }
        }
        Some(found)
    }

    /// Whether a row has all that makes it a record.
    #[cold]
    fn is_fine(&self, row: usize) -> bool {
        let has_id = self.rows.id.as_ref().is_none_or(|ids| ids.get(row).is_some());
        has_id && !self.rows.has_long && self.rows.time.cells.get(row) == Cell::Fine
    }

    #[inline]
    fn month(&mut self, cycle: u32, time: i64) -> i32 {
        let near = &mut self.months[cycle as usize];
        if !(near.0 <= time && time < near.1) {
            let cycles = &self.context.subscribers.cycles[cycle as usize];
            let month = cycles.month(time);
            let (start, end) = cycles.range(month);
            *near = (start, end, month);
        }
        near.2
    }

    /// The only charge of a row whose guide leaves something to test.
    fn ask(&mut self, row: usize, held: Held, (month, zone, band): (i32, u32, u32), service: u32) -> Option<u32> {
        let record = self.record(row, held, month, zone).in_band(band);
        self.chosen.clear();
        record.choose(service, &mut self.chosen);
        if let [only] = self.chosen.as_slice() { Some(*only) } else { None }
    }

    fn record(&self, row: usize, held: Held, month: i32, zone: u32) -> Record<'a> {
        let (compiled, subscribers) = (self.context.compiled, self.context.subscribers);
        let (rows, plan) = (self.rows, held.plan);
        Record { compiled, subscribers, rows, row, held, plan, month, zone, band: 0 }
    }

    /// Whole units within bounds; none if the row must be looked at closely.
    #[inline]
    fn quantity(&self, charge: &LaneCharge, row: usize) -> Option<i64> {
        let quantity = &self.rows.quantity;
        if quantity.cells.get(row) != Cell::Fine {
            return (!charge.whole.reads_quantity()).then_some(NO_UNITS);
        }
        quantity.units(row).filter(|units| (0..=MOST_UNITS).contains(units))
    }

    /// The agreements that share the line; none if that is not for a lane to say.
    #[inline]
    fn set(&mut self, charge: &LaneCharge, found: &Found, row: usize, service: u32) -> Option<u32> {
        let time = self.rows.time.values[row];
        let known = self.known[found.charge as usize % KNOWN];
        if (known.charge, known.service) == (found.charge, service) && known.from <= time && time < known.until {
            return Some(known.set);
        }
        self.new_set(charge, found, row, service)
    }

    fn new_set(&mut self, charge: &LaneCharge, found: &Found, row: usize, service: u32) -> Option<u32> {
        let record = self.record(row, found.held, found.month, found.zone).in_band(found.band);
        let time = self.rows.time.values[row];
        let agreements = &self.context.compiled.agreements;
        let mut sharing = Vec::new();
        let mut span = (i64::MIN, i64::MAX);
        for &number in &charge.agreements {
            let agreement = &agreements[number as usize];
            if agreement.applies(charge.charge, &record) {
                let version = agreement.version_at(time)?;
                sharing.push((number, version as u32));
                let version = &agreement.versions[version];
                span = (span.0.max(version.from), span.1.min(version.until));
            }
        }
        let set = self.sets.iter().position(|set| *set == sharing).unwrap_or_else(|| {
            self.sets.push(sharing);
            self.sets.len() - 1
        }) as u32;
        // Services that the catalog does not name have one code for many texts.
        let is_named = (service as usize) < self.context.compiled.services.len();
        if charge.by_service && (is_named || matches!(self.rows.service, Text::Same(_))) {
            let (from, until) = span;
            self.known[found.charge as usize % KNOWN] = Known { charge: found.charge, service, from, until, set };
        }
        Some(set)
    }

    /// Whether a line can be split; one that counts is asked when its amount is known.
    fn can_split(&mut self, set: u32, amount: i128) -> bool {
        let (lanes, scratch) = (&self.context.compiled.lanes, &mut self.scratch);
        let agreements = &self.sets[set as usize];
        lanes.are_safe(agreements, amount)
            || agreements
                .iter()
                .all(|&agreement| lanes.parts(agreement).is_some_and(|parts| parts.split(amount, scratch).is_some()))
    }
}

/// The month that names the period of a row's counter.
pub fn period(context: &Context, lane: &Lane, at: usize, reset: Reset, time: i64) -> i32 {
    match reset {
        Reset::Cycle => lane.month[at],
        reset => context.subscribers.period_of(reset, lane.account[at], time),
    }
}
