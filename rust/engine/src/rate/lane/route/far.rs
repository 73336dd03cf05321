//! What rates a row whose way is not near: its month, its band, its charge, and the agreements that share its line.

use super::super::block::Block;
use super::super::mark::Mark;
use super::super::way::{Signs, Way};
use super::Entry;
use crate::band::Span;
use crate::column::Text;
use crate::compile::LaneCharge;
use crate::guide::Choice;
use crate::rate::rows::Record;
use crate::subscriber::{Held, Profile};

impl Entry<'_, '_> {
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
    pub(super) fn find_mark(&mut self, signs: Signs, block: &Block, (first, at): (usize, usize)) -> Option<(u32, u32)> {
        let (time, zone) = (self.rows.time.values[first + at], self.codes.zone[first + at]);
        let profile = self.context.subscribers.profile(signs.profile);
        let span = self.band(signs.profile, profile, time)?;
        let list = self.context.compiled.plans[profile.plan as usize].guide.list(signs.service, zone, span.band);
        let by_list = Signs { place: list, ..signs };
        let way = if let Some(known) = self.far.get(by_list, time) {
            *known
        } else {
            let (account, subscription) = (block.account[at], block.subscription[at]);
            let Profile { plan, cycle, clock } = profile;
            let held = Held { subscription, plan, account, cycle, clock, ..Held::NONE };
            self.way(by_list, held, span.band, first + at)?
        };
        let (from, until) = (way.from.max(span.from), way.until.min(span.until));
        if self.is_near && from <= time && time < until {
            self.near.put(&Way { signs, band: span.band, from, until, mark: way.mark }, time);
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
            self.counts |= lane_charge.counted.is_some();
            self.has_prices |= lane_charge.counted.is_none();
            self.bills_as_is &= lane_charge.whole.bills_as_is();
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
}
