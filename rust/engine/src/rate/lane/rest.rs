//! From the lane to the general way: for chunks that have rows of both kinds, and for lines that cannot be split.

use super::{Lane, NO_UNITS};
use crate::charge::NULL;
use crate::column::ONE;
use crate::rate::chunk::{Chunk, Place, Work};
use crate::rate::drafts::{Draft, Drafts};
use crate::rate::price::{Row, Space};
use crate::rate::route::{Context, Fault};
use crate::rate::rows::Rows;
use crate::split;

/// Puts the rated rows of a chunk's lane beside those that were rated by themselves, so that they are written together.
pub fn into_work(context: &Context, chunk: &mut Chunk) {
    let lane = std::mem::take(&mut chunk.lane);
    let mut work = Work { drafts: Drafts { counts: lane.counts, ..Drafts::default() }, ..Work::default() };
    let number = chunk.work.len() as u32;
    chunk.make_room();
    for at in 0..lane.len() {
        let first = work.drafts.len() as u32;
        let split = split_into(context, &chunk.rows, &lane, at, lane.amount[at], &mut work);
        let row = lane.row[at] as usize;
        match split {
            Ok(()) => {
                chunk.places[row] = Place { work: number, first, count: 1 };
                chunk.held[row] = lane.held(context, &chunk.rows, at);
                chunk.month[row] = lane.mark_of(at).month;
            }
            Err(fault) => chunk.reject(row, fault),
        }
    }
    chunk.work.push(work);
}

/// Splits the line of one row the general way.
pub fn split_generally(context: &Context, rows: &Rows, lane: &Lane, at: usize, amount: i128) -> Result<(), Fault> {
    split_into(context, rows, lane, at, amount, &mut Work::default())
}

fn split_into(
    context: &Context,
    rows: &Rows,
    lane: &Lane,
    at: usize,
    amount: i128,
    work: &mut Work,
) -> Result<(), Fault> {
    let mark = lane.mark_of(at);
    let charge = &context.compiled.lanes.charges[mark.charge as usize];
    let held = lane.held(context, rows, at);
    let row = Row { row: lane.row[at], held, month: mark.month, zone: lane.zone_of(at), pending: None };
    let raw = |units: i64| if units == NO_UNITS { NULL } else { i128::from(units) * ONE };
    let draft = work.drafts.len();
    work.drafts.push(Draft {
        row: row.row,
        tariff: 0,
        charge: charge.charge,
        version: charge.version,
        band: lane.band_of(at),
        segment: 0,
        first: true,
        quantity: raw(lane.quantity[at]),
        billed: raw(lane.billed()[at]),
    });
    work.drafts.amount[draft] = amount;
    if let Some(&before) = lane.before.get(at).filter(|&&before| before != NO_UNITS) {
        work.drafts.before[draft] = raw(before);
        work.drafts.after[draft] = raw(before + lane.billed()[at]);
    }
    if let Some(&flags) = lane.flags.get(at) {
        work.drafts.flags[draft] = flags;
    }
    let record = row.record(context, rows);
    split::split_row(context, &record, draft..draft + 1, work, &mut Space::default())
}
