//! Which rows take the lane, and what they bring to it.

use super::way::{Marks, Way, Ways};
use super::{Lane, NO_UNITS};
use crate::band::Span;
use crate::catalog::Reset;
use crate::charge::MOST_UNITS;
use crate::clock::HORIZON;
use crate::column::{Cell, Text};
use crate::compile::LaneCharge;
use crate::guide::Choice;
use crate::rate::route::{Codes, Context, UNPARSABLE};
use crate::rate::rows::{Record, Rows};
use crate::subscriber::Held;

/// What is found of some rows that follow each other; a column an array.
#[derive(Debug, Default)]
struct Block {
    len: usize,
    row: [u32; BLOCK],
    account: [u32; BLOCK],
    subscription: [u32; BLOCK],
    month: [i32; BLOCK],
    zone: [u32; BLOCK],
    band: [u32; BLOCK],
    charge: [u32; BLOCK],
    quantity: [i64; BLOCK],
    billed: [i64; BLOCK],
    amount: [i128; BLOCK],
    set: [u32; BLOCK],
}

/// Rows whose holdings are asked for while those before are looked at: long enough for memory to answer, and few enough
/// that the nearest cache keeps what came.
const BLOCK: usize = 8;

/// Rows on their way into the lane.
struct Entry<'a, 'b> {
    context: &'a Context<'a>,
    rows: &'a Rows,
    codes: &'b mut Codes,
    /// Whether identities, times and keys are all as they should be.
    is_clean: bool,
    /// The quantities, where they are all integers.
    units: Option<&'a [i64]>,
    /// By cycle: the last month found, from its start to its end.
    months: Vec<(i64, i64, i32)>,
    /// The bands found last, by plan.
    bands: Vec<(u32, u32, Span)>,
    ways: Ways,
    sets: Vec<Vec<(u32, u32)>>,
    chosen: Vec<u32>,
    scratch: Vec<i128>,
}

/// How many bands are remembered.
const BANDS: usize = 64;

/// Rows of a chunk into their lane; those that do not fit are added to `rest`.
pub fn route(context: &Context, rows: &Rows, codes: &mut Codes, partitions: usize, rest: &mut Vec<u32>) -> Lane {
    let mut lane = Lane::with_capacity(rows.len);
    let has_ids = rows.id.as_ref().is_none_or(|ids| !ids.has_nulls(rows.len));
    let (integers, no_band) = (rows.quantity.whole.as_deref(), Span { band: 0, from: 0, until: 0 });
    let mut entry = Entry {
        context,
        rows,
        codes,
        is_clean: has_ids && !rows.has_long && rows.time.cells.all_fine(),
        units: integers.filter(|_| rows.quantity.cells.all_fine()),
        months: vec![(0, 0, 0); context.subscribers.cycles.len()],
        bands: vec![(0, 0, no_band); context.compiled.plans.len().clamp(1, BANDS)],
        ways: Ways::new(rows.len),
        sets: vec![Vec::new()],
        chosen: Vec::new(),
        scratch: Vec::new(),
    };
    let mut block = Block::default();
    for first in (0..rows.len).step_by(BLOCK) {
        let ahead = entry.codes.key.iter().skip(first + BLOCK).take(BLOCK);
        ahead.for_each(|&key| context.subscribers.expect(key));
        for row in first..(first + BLOCK).min(rows.len) {
            if rows.skipped.get(row).copied().unwrap_or(false) {
                continue;
            }
            if entry.find(row, &mut block).is_none() {
                rest.push(row as u32);
            }
        }
        lane.extend(&block);
        block.len = 0;
    }
    if lane.set.iter().all(|&set| set == 0) {
        lane.set = Vec::new();
    }
    lane.sets = entry.sets;
    let charges = &context.compiled.lanes.charges;
    lane.counts = lane.charge.iter().any(|&charge| charges[charge as usize].counted.is_some());
    if lane.counts {
        lane.mine = lane.laid_out(partitions);
    }
    lane
}

impl Lane {
    /// Adds rows, a column after the other.
    #[inline]
    fn extend(&mut self, block: &Block) {
        let len = block.len;
        add(&mut self.row, &block.row, len);
        add(&mut self.account, &block.account, len);
        add(&mut self.subscription, &block.subscription, len);
        add(&mut self.month, &block.month, len);
        add(&mut self.zone, &block.zone, len);
        add(&mut self.band, &block.band, len);
        add(&mut self.charge, &block.charge, len);
        add(&mut self.quantity, &block.quantity, len);
        add(&mut self.billed, &block.billed, len);
        add(&mut self.amount, &block.amount, len);
        add(&mut self.set, &block.set, len);
    }
}

/// Adds the first rows of a block to a column; of a full one the length is known.
#[inline]
fn add<T: Copy>(column: &mut Vec<T>, block: &[T; BLOCK], len: usize) {
    if len == BLOCK {
        column.extend_from_slice(block);
    } else {
        column.extend_from_slice(&block[..len]);
    }
}

impl<'a> Entry<'a, '_> {
    /// Adds what is known of a row; none if it does not fit the lane.
    #[inline]
    fn find(&mut self, row: usize, block: &mut Block) -> Option<()> {
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
        let band = self.band(held, time)?;
        let service = self.codes.service[row];
        let guide = &compiled.plans[held.plan as usize].guide;
        let list = guide.list(service, zone.min(compiled.zones.len() as u32), band);
        let marks = Marks { plan: held.plan, clock: held.clock, service, list };
        let way = match self.ways.get(marks, time) {
            Some(way) => way,
            None => self.way(marks, &self.record(row, held, (month, zone, band)))?,
        };
        let charge = &compiled.lanes.charges[way.charge as usize];
        let quantity = self.quantity(charge, row)?;
        let billed = if quantity == NO_UNITS { None } else { charge.whole.billed(quantity) };
        // What counts is priced when its counter is known.
        let mut amount = 0;
        if charge.counted.is_none() {
            amount = charge.whole.amount(0, billed.unwrap_or(0), quantity != 0)?;
            if way.set != 0 && !self.can_split(way.set, amount) {
                return None;
            }
        }
        let at = block.len;
        block.row[at] = row as u32;
        (block.account[at], block.subscription[at]) = (held.account, held.subscription);
        (block.month[at], block.zone[at], block.band[at]) = (month, zone, band);
        (block.charge[at], block.set[at]) = (way.charge, way.set);
        (block.quantity[at], block.billed[at]) = (quantity, billed.unwrap_or(NO_UNITS));
        block.amount[at] = amount;
        block.len += 1;
        Some(())
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

    /// The band of an instant for a holding; none outside its calendar.
    #[inline]
    fn band(&mut self, held: Held, time: i64) -> Option<u32> {
        let place = held.plan as usize % self.bands.len();
        let (plan, clock, span) = self.bands[place];
        if (plan, clock) == (held.plan, held.clock) && span.from <= time && time < span.until {
            return Some(span.band);
        }
        let compiled = self.context.compiled;
        let span = match compiled.plans[held.plan as usize].calendar {
            Some(calendar) => {
                compiled.calendars[calendar].edges(held.clock).at(time, &mut self.codes.near[calendar])?
            }
            None => Span { band: compiled.bands.len() as u32, from: i64::MIN, until: i64::MAX },
        };
        self.bands[place] = (held.plan, held.clock, span);
        Some(span.band)
    }

    /// The way of a row, remembered as far as its marks alone tell it; none if that is not for a lane to say.
    fn way(&mut self, marks: Marks, record: &Record) -> Option<Way> {
        let compiled = self.context.compiled;
        let time = self.rows.time.values[record.row];
        let (charge, is_lasting) = match compiled.plans[marks.plan as usize].guide.only(marks.list) {
            Choice::One(charge) => (charge, true),
            Choice::Ask => (self.ask(record, marks.service)?, false),
        };
        let (version, from, until) = compiled.charges[charge as usize].version_span(time, marks.clock)?;
        let number = compiled.lanes.of(charge, version);
        let lane_charge = compiled.lanes.charges.get(number as usize)?;
        let (set, shared_from, shared_until) = self.set(lane_charge, record)?;
        // Services that the catalog does not name have one code for many texts.
        let is_named = (marks.service as usize) < compiled.services.len() || matches!(self.rows.service, Text::Same(_));
        let way = Way { marks, from: from.max(shared_from), until: until.min(shared_until), charge: number, set };
        if is_lasting && (lane_charge.agreements.is_empty() || (lane_charge.by_service && is_named)) {
            self.ways.put(way);
        }
        Some(way)
    }

    /// The only charge of a row whose guide leaves something to test.
    fn ask(&mut self, record: &Record, service: u32) -> Option<u32> {
        self.chosen.clear();
        record.choose(service, &mut self.chosen);
        if let [only] = self.chosen.as_slice() { Some(*only) } else { None }
    }

    fn record(&self, row: usize, held: Held, (month, zone, band): (i32, u32, u32)) -> Record<'a> {
        let (compiled, subscribers) = (self.context.compiled, self.context.subscribers);
        let (rows, plan) = (self.rows, held.plan);
        Record { compiled, subscribers, rows, row, held, plan, month, zone, band }
    }

    /// Whole units within bounds; none if the row must be looked at closely.
    #[inline]
    fn quantity(&self, charge: &LaneCharge, row: usize) -> Option<i64> {
        let quantity = &self.rows.quantity;
        let units = match self.units {
            Some(units) => Some(units[row]),
            None if quantity.cells.get(row) == Cell::Fine => quantity.units(row),
            None => return (!charge.whole.reads_quantity()).then_some(NO_UNITS),
        };
        units.filter(|units| (0..=MOST_UNITS).contains(units))
    }

    /// The agreements that share the line, and between which instants; none if that is not for a lane to say.
    fn set(&mut self, charge: &LaneCharge, record: &Record) -> Option<(u32, i64, i64)> {
        let time = self.rows.time.values[record.row];
        let agreements = &self.context.compiled.agreements;
        let mut sharing = Vec::new();
        let mut span = (i64::MIN, i64::MAX);
        for &number in &charge.agreements {
            let agreement = &agreements[number as usize];
            if agreement.applies(charge.charge, record) {
                let version = agreement.version_at(time)?;
                sharing.push((number, version as u32));
                let version = &agreement.versions[version];
                span = (span.0.max(version.from), span.1.min(version.until));
            }
        }
        let set = self.sets.iter().position(|set| *set == sharing).unwrap_or_else(|| {
            self.sets.push(sharing);
            self.sets.len() - 1
        });
        Some((set as u32, span.0, span.1))
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
