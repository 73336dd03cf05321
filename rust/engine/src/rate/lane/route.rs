//! Which rows take the lane, and what they bring to it.

mod far;
mod units;

use super::Lane;
use super::block::Block;
use super::mark::Marks;
use super::way::{Near, Signs, Ways};
use crate::band::Span;
use crate::clock::HORIZON;
use crate::column::Cell;
use crate::compile::LaneCharge;
use crate::rate::holders::{BLOCK, Holders, Keys};
use crate::rate::route::{Codes, Context};
use crate::rate::rows::Rows;
use crate::subscriber::NONE;

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
    /// Ways as long as all bands last, by class of zone; of use as long as most rows find theirs there.
    near: Near,
    is_near: bool,
    /// Ways in all bands, by what the guide tells.
    far: Ways,
    marks: Marks,
    /// By mark: its charge.
    charges: Vec<&'a LaneCharge>,
    /// Whether some count.
    counts: bool,
    /// Whether some do not, so that their prices can be known.
    has_prices: bool,
    /// Whether all bill quantities as they are.
    bills_as_is: bool,
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
pub fn route(context: &Context, rows: &Rows, codes: &mut Codes, rest: &mut Vec<u32>) -> Lane {
    let has = [!context.compiled.zones.is_empty(), !context.compiled.bands.is_empty()];
    let mut lane = Lane::with_capacity(rows.len - rows.skipped(), has);
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
        near: Near::new(rows.len),
        is_near: true,
        far: Ways::new(rows.len),
        marks: Marks::default(),
        charges: Vec::new(),
        counts: false,
        has_prices: false,
        bills_as_is: true,
        sets: vec![Vec::new()],
        chosen: Vec::new(),
        scratch: Vec::new(),
    };
    let mut holders = Holders::new(context.subscribers, &rows.key, rows.len);
    let (mut keys, mut block) = (Keys::default(), Block::default());
    for first in (0..rows.len).step_by(BLOCK) {
        holders.next_block(&mut keys);
        let len = keys.len;
        entry.codes.key.extend_from_slice(&keys.places[..len]);
        entry.find_payers(first, &keys, &mut block);
        entry.find_marks(first, len, &mut block);
        entry.find_quantities(first, len, &mut block);
        entry.find_billed(len, &mut block);
        if entry.has_prices {
            entry.find_amounts(len, &mut block);
        }
        lane.extend(&block, first, &entry.codes.zone[first..first + len], entry.has_prices);
        if block.fits != [true; BLOCK] {
            let unfit = block.fits[..len].iter().zip(first..).filter(|(fits, _)| !**fits).map(|(_, row)| row);
            rest.extend(unfit.filter(|&row| !rows.is_skipped(row)).map(|row| row as u32));
        }
    }
    (lane.marks, lane.sets) = (entry.marks.into_inner(), entry.sets);
    lane.counts = entry.counts;
    lane
}

impl Entry<'_, '_> {
    /// Who pays for rows. A row fits if it has all that makes it a record, and its key one holding in force.
    #[inline(never)]
    fn find_payers(&mut self, first: usize, keys: &Keys, block: &mut Block) {
        let (subscribers, classes) = (self.context.subscribers, &self.context.compiled.zone_classes);
        let rows = first..first + keys.len;
        let (times, zones) = (&self.rows.time.values[rows.clone()], &self.codes.zone[rows]);
        if let Some(packing) = subscribers.packing() {
            let mut tenures = [0; BLOCK];
            packing.unpack_all(&keys.held, &mut block.subscription, &mut block.account, &mut tenures);
            for ((profile, &tenure), &time) in block.profile.iter_mut().zip(&tenures).zip(times) {
                *profile = subscribers.tenure(tenure).profile_at(time);
            }
        } else {
            for (at, &time) in times.iter().enumerate() {
                let payer = subscribers.payer(keys.places[at], time);
                (block.account[at], block.subscription[at]) = (payer.account, payer.subscription);
                block.profile[at] = if (0..HORIZON).contains(&time) { payer.profile } else { NONE };
            }
        }
        if self.context.compiled.prefixes.is_some() {
            // A destination that cannot be read has none.
            let class = |&zone: &u32| classes.get(zone as usize).copied().unwrap_or(NONE);
            block.class.iter_mut().zip(zones.iter().map(class)).for_each(|(to, class)| *to = class);
        }
        for ((fits, &profile), &class) in block.fits.iter_mut().zip(&block.profile).zip(&block.class) {
            // None is past all.
            *fits = profile.max(class) != NONE;
        }
        block.fits[keys.len..].fill(false);
        if !self.is_clean {
            block.fits.iter_mut().zip(first..).take(keys.len).for_each(|(fits, row)| *fits &= self.is_fine(row));
        }
    }

    /// Their bands and marks: the charges that rate them, the months that they are of, the agreements that share their
    /// lines.
    #[inline(never)]
    fn find_marks(&mut self, first: usize, len: usize, block: &mut Block) {
        let rows = first..first + len;
        let (services, times) = (&self.codes.service[rows.clone()], &self.rows.time.values[rows]);
        // Places of the rows whose ways are not near.
        let (mut strayed, mut count) = ([0_u8; BLOCK], 0);
        if self.is_near && self.near.spans(times) {
            let signs = block.profile.iter().zip(&block.class).zip(services);
            let found = block.mark.iter_mut().zip(&mut block.band);
            for ((((&profile, &place), &service), (mark, band)), at) in signs.zip(found).zip(0_u8..) {
                let is_it;
                (*mark, *band, is_it) = self.near.get(Signs { profile, service, place });
                strayed[count] = at;
                count += usize::from(block.fits[usize::from(at)] && !is_it);
            }
        } else {
            for at in (0..len).filter(|&at| block.fits[at]) {
                strayed[count] = at as u8;
                count += 1;
            }
        }
        let mut far = 0;
        for at in strayed[..count].iter().map(|&at| usize::from(at)) {
            let (service, time) = (self.codes.service[first + at], self.rows.time.values[first + at]);
            let signs = Signs { profile: block.profile[at], service, place: block.class[at] };
            // One before it may have found the way.
            let (mark, band, is_it) = self.near.get(signs);
            let found = if is_it && self.is_near && self.near.spans(&[time]) {
                Some((mark, band))
            } else {
                far += 1;
                self.find_mark(signs, block, (first, at))
            };
            block.fits[at] = found.is_some();
            (block.mark[at], block.band[at]) = found.unwrap_or_default();
        }
        self.is_near &= far * 2 <= len || first < LEARNING;
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
}
