//! Which rows take the lane, and what they bring to it.

use super::block::Block;
use super::mark::{Mark, Marks};
use super::way::{Signs, Way, Ways};
use super::{Lane, NO_UNITS};
use crate::band::Span;
use crate::charge::MOST_UNITS;
use crate::clock::HORIZON;
use crate::column::{Cell, Text};
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
    /// The quantities, where they are all integers.
    units: Option<&'a [i64]>,
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
    sets: Vec<Vec<(u32, u32)>>,
    chosen: Vec<u32>,
    scratch: Vec<i128>,
}

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
        months: vec![(0, 0, 0); context.subscribers.cycles.len()],
        bands: vec![(0, no_band); context.compiled.plans.len().clamp(1, BANDS).next_power_of_two()],
        near: Ways::new(rows.len),
        is_near: true,
        far: Ways::new(rows.len),
        marks: Marks::default(),
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
        entry.find_amounts(len, &mut block);
        lane.extend(&block, len);
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

impl<'a> Entry<'a, '_> {
    /// Who pays for rows. A row fits if it has all that makes it a record, and its key one holding in force.
    fn find_payers(&mut self, first: usize, places: &[u32], block: &mut Block) {
        let (subscribers, classes) = (self.context.subscribers, &self.context.compiled.zone_classes);
        let rows = first..first + places.len();
        let known = places.iter().zip(&self.rows.time.values[rows.clone()]).zip(&self.codes.zone[rows]);
        for (at, ((&place, &time), &zone)) in known.enumerate().take(BLOCK) {
            let payer = subscribers.payer(place, time);
            // A destination that cannot be read has none.
            let class = classes.get(zone as usize);
            let is_fine = self.is_clean || self.is_fine(first + at);
            block.fits[at] = payer.profile != NONE && class.is_some() && (0..HORIZON).contains(&time) && is_fine;
            (block.row[at], block.time[at]) = ((first + at) as u32, time);
            (block.zone[at], block.class[at]) = (zone, class.copied().unwrap_or(0));
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
                let service = self.codes.service[first + at];
                let signs = Signs { profile: block.profile[at], service, place: block.class[at] };
                let near = if self.is_near { self.near.get(signs, block.time[at]) } else { None };
                let near = near.map(|way| (way.mark, way.band));
                strayed += usize::from(near.is_none());
                let found = near.or_else(|| self.find_mark(signs, block, at));
                block.fits[at] = found.is_some();
                (block.mark[at], block.band[at]) = found.unwrap_or_default();
            }
        }
        self.is_near &= strayed * 2 <= len || first < LEARNING;
    }

    /// What is billed of them, and what that costs; of what counts, the price is known when its counter is.
    fn find_amounts(&mut self, len: usize, block: &mut Block) {
        let len = len.min(BLOCK);
        for at in 0..len {
            if block.fits[at] {
                let mark = *self.marks.get(block.mark[at]);
                let charge = &self.context.compiled.lanes.charges[mark.charge as usize];
                let quantity = self.quantity(charge, block.row[at] as usize);
                block.fits[at] = quantity.is_some();
                let quantity = quantity.unwrap_or(NO_UNITS);
                let billed = if quantity == NO_UNITS { None } else { charge.whole.billed(quantity) };
                (block.quantity[at], block.billed[at]) = (quantity, billed.unwrap_or(NO_UNITS));
                block.amount[at] = 0;
                if charge.counted.is_none() && block.fits[at] {
                    let amount = charge.whole.price(billed.unwrap_or(0), quantity != 0);
                    let fits = |&amount: &i128| mark.set == 0 || self.can_split(mark.set, amount);
                    let amount = amount.filter(fits);
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
    fn find_mark(&mut self, signs: Signs, block: &Block, at: usize) -> Option<(u32, u32)> {
        let (time, zone) = (block.time[at], block.zone[at]);
        let profile = self.context.subscribers.profile(signs.profile);
        let span = self.band(signs.profile, profile, time)?;
        let list = self.context.compiled.plans[profile.plan as usize].guide.list(signs.service, zone, span.band);
        let by_list = Signs { place: list, ..signs };
        let known = self.far.get(by_list, time).copied();
        let way = match known {
            Some(way) => way,
            None => self.way(by_list, profile, span.band, block, at)?,
        };
        let (from, until) = (way.from.max(span.from), way.until.min(span.until));
        if self.is_near && from <= time && time < until {
            self.near.put(Way { signs, band: span.band, from, until, mark: way.mark });
        }
        Some((way.mark, span.band))
    }

    /// The way of a row, remembered as far as its signs alone tell it; none if that is not for a lane to say.
    #[cold]
    fn way(&mut self, signs: Signs, profile: Profile, band: u32, block: &Block, at: usize) -> Option<Way> {
        let compiled = self.context.compiled;
        let time = block.time[at];
        let (start, end, month) = self.month(profile.cycle, time);
        let record = &self.record(block, at, profile, month, band);
        let (charge, is_lasting) = match compiled.plans[profile.plan as usize].guide.only(signs.place) {
            Choice::One(charge) => (charge, true),
            Choice::Ask => (self.ask(record, signs.service)?, false),
        };
        let (version, from, until) = compiled.charges[charge as usize].version_span(time, profile.clock)?;
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

    fn record(&self, block: &Block, at: usize, profile: Profile, month: i32, band: u32) -> Record<'a> {
        let (compiled, subscribers, rows) = (self.context.compiled, self.context.subscribers, self.rows);
        let (row, zone) = (block.row[at] as usize, block.zone[at]);
        let Profile { plan, cycle, clock } = profile;
        let (account, subscription) = (block.account[at], block.subscription[at]);
        let held = Held { subscription, plan, account, cycle, clock, ..Held::NONE };
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
        lanes.safe(agreements).holds(amount)
            || agreements
                .iter()
                .all(|&agreement| lanes.parts(agreement).is_some_and(|parts| parts.split(amount, scratch).is_some()))
    }
}
