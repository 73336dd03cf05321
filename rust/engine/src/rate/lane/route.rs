//! Which rows take the lane, and what they bring to it.

use super::block::Block;
use super::mark::{Mark, Marks};
use super::way::{Signs, Way, Ways};
use super::{Lane, NO_UNITS};
use crate::band::Span;
use crate::charge::MOST_UNITS;
use crate::clock::HORIZON;
use crate::column::{Cell, Numbers, Text};
use crate::compile::LaneCharge;
use crate::guide::Choice;
use crate::rate::holders::{BLOCK, Holders};
use crate::rate::route::{Codes, Context};
use crate::rate::rows::{Record, Rows};
use crate::subscriber::{Held, NONE, Profile};

/// Rows on their way into the lane.
struct Entry<'a, 'b> {
    context: &'a Context<'a>,
    rows: &'a Rows,
    codes: &'b mut Codes,
    /// Whether no row is left out, and identities, times and keys are all as they should be.
    is_clean: bool,
    /// The quantities, where all are fine: as integers, or raw.
    units: Option<&'a [i64]>,
    raw: Option<&'a [i128]>,
    /// By cycle: the last month found, from its start to its end.
    months: Vec<(i64, i64, i32)>,
    /// The bands found last, by profile.
    bands: Vec<(u32, Span)>,
    /// Ways as long as bands last, by class of zone; of use as long as most rows find theirs there.
    near: Ways,
    is_near: bool,
    /// Ways in all bands, by what the guide tells.
    far: Ways,
    marks: Marks,
    /// By mark: its charge.
    charges: Vec<&'a LaneCharge>,
    sets: Vec<Vec<(u32, u32)>>,
    chosen: Vec<u32>,
    scratch: Vec<i128>,
}

/// In place of a quantity that is not whole, or not within bounds.
const OTHER: i64 = -1;
/// Rows after which most are near their ways, if they come in order of time.
const LEARNING: usize = 512;
/// How many bands are remembered.
const BANDS: usize = 64;

/// Rows of a chunk into their lane; those that do not fit are added to `rest`.
pub fn route(context: &Context, rows: &Rows, codes: &mut Codes, partitions: usize, rest: &mut Vec<u32>) -> Lane {
    let mut lane = Lane::with_capacity(rows.len - rows.skipped());
    let has_ids = rows.id.as_ref().is_none_or(|ids| !ids.has_nulls(rows.len));
    let (integers, no_band) = (rows.quantity.whole.as_deref(), Span { band: 0, from: 0, until: 0 });
    let mut entry = Entry {
        context,
        rows,
        codes,
        is_clean: has_ids && !rows.has_long && rows.time.cells.all_fine() && rows.skipped.is_empty(),
        units: integers.filter(|_| rows.quantity.cells.all_fine()),
        raw: if rows.quantity.cells.all_fine() && integers.is_none() { Some(&rows.quantity.values) } else { None },
        months: vec![(0, 0, 0); context.subscribers.cycles.len()],
        bands: vec![(0, no_band); context.compiled.plans.len().clamp(1, BANDS).next_power_of_two()],
        near: Ways::new(rows.len),
        is_near: true,
        far: Ways::new(rows.len),
        marks: Marks::default(),
        charges: Vec::new(),
        sets: vec![Vec::new()],
        chosen: Vec::new(),
        scratch: Vec::new(),
    };
    let mut holders = Holders::new(context.subscribers, &rows.key, rows.len);
    let mut block = Block::default();
    for first in (0..rows.len).step_by(BLOCK) {
        let (places, len) = holders.next_block();
        entry.codes.key.extend_from_slice(&places[..len]);
        entry.find_payers(first, &places[..len], &mut block);
        entry.find_marks(first, len, &mut block);
        entry.find_quantities(first, len, &mut block);
        entry.find_amounts(len, &mut block);
        lane.extend(&block, first, &entry.codes.zone[first..first + len]);
        let unfit = block.fits[..len].iter().enumerate().filter(|(_, fits)| !**fits).map(|(at, _)| first + at);
        rest.extend(unfit.filter(|&row| !rows.is_skipped(row)).map(|row| row as u32));
    }
    (lane.marks, lane.sets) = (entry.marks.into_inner(), entry.sets);
    let charges = &context.compiled.lanes.charges;
    lane.counts = lane.marks.iter().any(|mark| charges[mark.charge as usize].counted.is_some());
    if lane.counts {
        lane.mine = lane.laid_out(partitions);
    }
    lane
}

impl Entry<'_, '_> {
    /// Who pays for rows. A row fits if it has all that makes it a record, and its key one holding in force.
    fn find_payers(&mut self, first: usize, places: &[u32], block: &mut Block) {
        let (subscribers, classes) = (self.context.subscribers, &self.context.compiled.zone_classes);
        let len = places.len().min(BLOCK);
        let rows = first..first + len;
        let (places, times, zones) = (&places[..len], &self.rows.time.values[rows.clone()], &self.codes.zone[rows]);
        for at in 0..len {
            let (time, payer) = (times[at], subscribers.payer(places[at], times[at]));
            // A destination that cannot be read has none.
            let class = classes.get(zones[at] as usize).copied().unwrap_or(NONE);
            let is_fine = self.is_clean || self.is_fine(first + at);
            block.fits[at] = payer.profile != NONE && class != NONE && (0..HORIZON).contains(&time) && is_fine;
            block.class[at] = class;
            (block.account[at], block.subscription[at], block.profile[at]) =
                (payer.account, payer.subscription, payer.profile);
        }
    }

    /// Their bands and marks: the charges that rate them, the months that they are of, the agreements that share their
    /// lines.
    fn find_marks(&mut self, first: usize, len: usize, block: &mut Block) {
        let len = len.min(BLOCK);
        let mut strayed = 0;
        for at in 0..len {
            if block.fits[at] {
                let (service, time) = (self.codes.service[first + at], self.rows.time.values[first + at]);
                let signs = Signs { profile: block.profile[at], service, place: block.class[at] };
                let near = if self.is_near { self.near.get(signs, time) } else { None };
                let near = near.map(|way| (way.mark, way.band));
                strayed += usize::from(near.is_none());
                let found = near.or_else(|| self.find_mark(signs, block, (first, at)));
                block.fits[at] = found.is_some();
                (block.mark[at], block.band[at]) = found.unwrap_or_default();
            }
        }
        self.is_near &= strayed * 2 <= len || first < LEARNING;
    }

    /// Their quantities in whole units, within bounds.
    fn find_quantities(&self, first: usize, len: usize, block: &mut Block) {
        let rows = first..first + len.min(BLOCK);
        let bounded = |units: i64| if (0..=MOST_UNITS).contains(&units) { units } else { OTHER };
        let quantity = &self.rows.quantity;
        let to = block.quantity.iter_mut();
        match (self.units, self.raw) {
            (Some(units), _) => to.zip(&units[rows]).for_each(|(to, &units)| *to = bounded(units)),
            (None, Some(raw)) => {
                to.zip(&raw[rows]).for_each(|(to, &raw)| *to = Numbers::units_of(raw).map_or(OTHER, bounded));
            }
            (None, None) => to.zip(rows).for_each(|(to, row)| {
                let is_fine = quantity.cells.get(row) == Cell::Fine;
                *to = if is_fine { quantity.units(row).map_or(OTHER, bounded) } else { NO_UNITS };
            }),
        }
    }

    /// What is billed of them, and what that costs; of what counts, the price is known when its counter is.
    fn find_amounts(&mut self, len: usize, block: &mut Block) {
        let len = len.min(BLOCK);
        for at in 0..len {
            if block.fits[at] {
                let mark = block.mark[at];
                let charge = self.charges[mark as usize];
                let quantity = block.quantity[at];
                block.fits[at] = quantity >= 0 || (quantity == NO_UNITS && !charge.whole.reads_quantity());
                let billed = if quantity < 0 { None } else { charge.whole.billed(quantity) };
                block.billed[at] = billed.unwrap_or(NO_UNITS);
                block.amount[at] = 0;
                if charge.counted.is_none() && block.fits[at] {
                    let set = self.marks.get(mark).set;
                    let amount = charge.whole.price(billed.unwrap_or(0), quantity != 0);
                    let amount = amount.filter(|&amount| set == 0 || self.can_split(set, amount));
                    (block.amount[at], block.fits[at]) = (amount.unwrap_or(0), amount.is_some());
                }
            }
        }
    }

    /// Whether a row is to be rated, and has all that makes it a record.
    #[cold]
    fn is_fine(&self, row: usize) -> bool {
        if self.rows.is_skipped(row) {
            return false;
        }
        let has_id = self.rows.id.as_ref().is_none_or(|ids| ids.get(row).is_some());
        has_id && !self.rows.has_long && self.rows.time.cells.get(row) == Cell::Fine
    }

    /// The month of an instant in a cycle, from its start until its end.
    fn month(&mut self, cycle: u32, time: i64) -> (i64, i64, i32) {
        let near = &mut self.months[cycle as usize];
        if !(near.0 <= time && time < near.1) {
            let cycles = &self.context.subscribers.cycles[cycle as usize];
            let month = cycles.month(time);
            let (start, end) = cycles.range(month);
            *near = (start, end, month);
        }
        *near
    }

    /// The band of an instant for a profile, and how long it lasts; none outside its calendar.
    #[inline]
    fn band(&mut self, number: u32, profile: Profile, time: i64) -> Option<Span> {
        let place = number as usize & (self.bands.len() - 1);
        let (near, span) = self.bands[place];
        if near == number && span.from <= time && time < span.until {
            return Some(span);
        }
        let compiled = self.context.compiled;
        let span = match compiled.plans[profile.plan as usize].calendar {
            Some(calendar) => compiled.edges(calendar, profile.clock).at(time, &mut self.codes.near[calendar])?,
            None => Span { band: compiled.bands.len() as u32, from: i64::MIN, until: i64::MAX },
        };
        self.bands[place] = (number, span);
        Some(span)
    }

    /// The mark and the band of a row whose way is not near; none if that is not for a lane to say.
    #[inline(never)]
    fn find_mark(&mut self, signs: Signs, block: &Block, (first, at): (usize, usize)) -> Option<(u32, u32)> {
        let (time, zone) = (self.rows.time.values[first + at], self.codes.zone[first + at]);
        let profile = self.context.subscribers.profile(signs.profile);
        let span = self.band(signs.profile, profile, time)?;
        let list = self.context.compiled.plans[profile.plan as usize].guide.list(signs.service, zone, span.band);
        let by_list = Signs { place: list, ..signs };
        let known = self.far.get(by_list, time).copied();
        let way = if let Some(way) = known {
            way
        } else {
            let (account, subscription) = (block.account[at], block.subscription[at]);
            let Profile { plan, cycle, clock } = profile;
            let held = Held { subscription, plan, account, cycle, clock, ..Held::NONE };
            self.way(by_list, held, span.band, first + at)?
        };
        let (from, until) = (way.from.max(span.from), way.until.min(span.until));
        if self.is_near && from <= time && time < until {
            self.near.put(Way { signs, band: span.band, from, until, mark: way.mark });
        }
        Some((way.mark, span.band))
    }

    /// The way of a row, remembered as far as its signs alone tell it; none if that is not for a lane to say.
    #[cold]
    fn way(&mut self, signs: Signs, held: Held, band: u32, row: usize) -> Option<Way> {
        let (compiled, subscribers, rows) = (self.context.compiled, self.context.subscribers, self.rows);
        let (time, zone) = (rows.time.values[row], self.codes.zone[row]);
        let (start, end, month) = self.month(held.cycle, time);
        let record = &Record { compiled, subscribers, rows, row, held, plan: held.plan, month, zone, band };
        let (charge, is_lasting) = match compiled.plans[held.plan as usize].guide.only(signs.place) {
            Choice::One(charge) => (charge, true),
            Choice::Ask => (self.ask(record, signs.service)?, false),
        };
        let (version, from, until) = compiled.charges[charge as usize].version_span(time, held.clock)?;
        let number = compiled.lanes.of(charge, version);
        let lane_charge = compiled.lanes.charges.get(number as usize)?;
        let is_late = self.context.closed.is_some_and(|closed| month <= closed);
        if is_late && lane_charge.counted.is_some() && compiled.charges[charge as usize].may_charge_at_zero() {
            return None;
        }
        let (set, shared_from, shared_until) = self.set(lane_charge, record)?;
        // Services that the catalog does not name have one code for many texts.
        let is_named = (signs.service as usize) < compiled.services.len() || matches!(self.rows.service, Text::Same(_));
        let mark = self.marks.number(Mark { charge: number, month, set });
        if mark as usize == self.charges.len() {
            self.charges.push(lane_charge);
        }
        if is_lasting && (lane_charge.agreements.is_empty() || (lane_charge.by_service && is_named)) {
            let (from, until) = (from.max(shared_from).max(start), until.min(shared_until).min(end));
            let way = Way { signs, band, from, until, mark };
            self.far.put(way);
            return Some(way);
        }
        Some(Way { signs, band, from: 0, until: 0, mark })
    }

    /// The only charge of a row whose guide leaves something to test.
    fn ask(&mut self, record: &Record, service: u32) -> Option<u32> {
        self.chosen.clear();
        record.choose(service, &mut self.chosen);
        if let [only] = self.chosen.as_slice() { Some(*only) } else { None }
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
        lanes.safe(agreements).holds(amount)
            || agreements
                .iter()
                .all(|&agreement| lanes.parts(agreement).is_some_and(|parts| parts.split(amount, scratch).is_some()))
    }
}
