//! A record on its way through the bands, block by block.
//!
//! Blocks (minimum, then increments) run from the record's start, and each is charged in the band it begins in, with
//! that band's block size and price (semantics §3). Whole runs of blocks are counted by division, so a record of a
//! day costs no more than one of a minute. A quantity that is not time is divided in proportion to the duration.

use partita_money::{Dec, allocate};

use super::{Guide, Segment};
use crate::band::Edges;
use crate::charge::{Block, Model, NULL, in_range};
use crate::compile::Charge;
use crate::rate::route::Fault;
use crate::reject::Code;

/// Raw 12-decimal seconds in a microsecond.
const MICROSECOND: i128 = 1_000_000;

/// Walks a record through the bands.
pub struct Walk<'a> {
    guide: &'a Guide<'a>,
    component: &'a str,
    edges: &'a Edges,
    near: usize,
}

impl<'a> Walk<'a> {
    /// At the start of a record.
    pub fn new(guide: &'a Guide<'a>, component: &'a str, edges: &'a Edges) -> Self {
        Self { guide, component, edges, near: 0 }
    }

    /// The band at a position (raw seconds from the start), and the position at which it ends.
    fn band(&mut self, position: i128) -> Result<(u32, i128), Fault> {
        let guide = self.guide;
        let instant = i64::try_from(position / MICROSECOND).ok().and_then(|offset| guide.time.checked_add(offset));
        let span = instant.and_then(|instant| self.edges.at(instant, &mut self.near));
        let span = span.ok_or_else(|| guide.outside_calendar())?;
        Ok((span.band, i128::from(span.until.saturating_sub(guide.time)) * MICROSECOND))
    }

    /// The charge of the component in a band where a block begins.
    fn charge(&self, band: u32) -> Result<u32, Fault> {
        let guide = self.guide;
        let compiled = guide.context.compiled;
        let record = guide.record.in_band(band);
        let mut chosen = Vec::new();
        record.choose(guide.service, &mut chosen);
        let fits = |charge: &Charge| charge.component == self.component && guide.prices_units(charge);
        let charge = chosen.into_iter().find(|&charge| fits(&compiled.charges[charge as usize]));
        charge.ok_or_else(|| {
            Fault::new(Code::NoMatchingCharge, guide.context.usage.service_name(), record.rows.service.get(record.row))
        })
    }

    /// A quantity that is time: its positions are seconds.
    pub fn through_time(mut self, quantity: i128) -> Result<Vec<Segment>, Fault> {
        in_blocks(self.guide, quantity, |position| {
            let (band, end) = self.band(position)?;
            Ok((self.charge(band)?, band, end))
        })
    }

    /// Another quantity: its positions in proportion to the duration, so that each band has its share.
    pub fn in_proportion(mut self, charge: u32, quantity: i128, duration: i128) -> Result<Vec<Segment>, Fault> {
        let mut parts: Vec<(u32, i128)> = Vec::new();
        let mut position = 0;
        while position < duration {
            let (band, end) = self.band(position)?;
            let next = end.min(duration);
            match parts.last_mut() {
                Some(last) if last.0 == band => last.1 += next - position,
                _ => parts.push((band, next - position)),
            }
            position = next;
        }
        if parts.len() < 2 {
            let band = self.guide.record.band;
            return Ok(vec![Segment { charge, band, quantity, billed: NULL }]);
        }
        let overflow = |_| Fault::new(Code::Overflow, "quantity", None);
        let weights: Vec<Dec> =
            parts.iter().map(|part| Dec::from_raw(part.1)).collect::<Result<_, _>>().map_err(overflow)?;
        let total = Dec::from_raw(quantity).map_err(overflow)?;
        let mut end = 0;
        for (part, share) in parts.iter_mut().zip(allocate(total, &weights, Dec::SCALE).map_err(overflow)?) {
            end += share.raw();
            part.1 = end;
        }
        let mut segments = in_blocks(self.guide, quantity, |position| {
            let found = parts.get(parts.partition_point(|part| part.1 <= position));
            let &(band, end) = found.ok_or_else(|| Fault::new(Code::Overflow, "quantity", None))?;
            Ok((self.charge(band)?, band, end))
        })?;
        if parts.first().is_some_and(|part| part.1 == 0) {
            // Where the record starts there is too little of it to be a part: the connect fee is still that of the start.
            segments.insert(0, Segment { charge, band: self.guide.record.band, quantity: 0, billed: 0 });
        }
        Ok(segments)
    }
}

/// Runs blocks from the record's start through a quantity; `at` tells of a position the charge and band there, and
/// where the band ends.
fn in_blocks(
    guide: &Guide,
    quantity: i128,
    mut at: impl FnMut(i128) -> Result<(u32, u32, i128), Fault>,
) -> Result<Vec<Segment>, Fault> {
    let mut segments: Vec<Segment> = Vec::new();
    let (mut position, mut ends) = (0, 0);
    while position < quantity {
        let (charge, band, end) = at(position)?;
        let (block, start, up_to) = block(guide, charge, position);
        let limit = end.min(quantity).min(up_to.unwrap_or(i128::MAX)).max(position + 1);
        let advance = block.run(position == start, limit - position).map_err(|_| overflow(guide, charge))?;
        let used = advance.min(quantity - position);
        match segments.last_mut() {
            Some(last) if last.charge == charge && ends == end => {
                last.quantity += used;
                last.billed += advance;
            }
            _ => segments.push(Segment { charge, band, quantity: used, billed: advance }),
        }
        ends = end;
        let next = position.checked_add(advance).and_then(|next| in_range(next).ok());
        position = next.ok_or_else(|| overflow(guide, charge))?;
    }
    Ok(segments)
}

#[cold]
fn overflow(guide: &Guide, charge: u32) -> Fault {
    Fault::new(Code::Overflow, &guide.context.compiled.charges[charge as usize].path, None)
}

/// The block rule in force at a position, and the step that it belongs to.
fn block(guide: &Guide, charge: u32, position: i128) -> (Block, i128, Option<i128>) {
    let charge = &guide.context.compiled.charges[charge as usize];
    let version = charge.version_at(guide.time, guide.clock()).unwrap_or(0);
    match charge.versions.get(version).map(|version| &version.model) {
        Some(Model::Unit(unit)) => {
            let holds = |step: &&crate::charge::Step| step.up_to.is_none_or(|up_to| position < up_to);
            unit.steps.iter().find(holds).map_or((Block::default(), 0, None), |s| (s.block, s.start, s.up_to))
        }
        Some(Model::Graduated(graduated)) => (graduated.block, 0, None),
        _ => (Block::default(), 0, None),
    }
}
