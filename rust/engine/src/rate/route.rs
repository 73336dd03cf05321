//! The guide stage: what a record is, whose it is, and which charges rate it.

mod checks;
mod fault;

use super::chunk::{Chunk, Pending, Place, partition_of};
use super::holders::Holders;
use super::lane;
use super::rows::{Record, Rows};
use super::segment;
use crate::compile::{Charge, Compiled, Usage};
use crate::reject::Code;
use crate::subscriber::{Held, Subscribers};
use crate::zone::NO_ZONE;
use checks::check_identity;
pub use fault::Fault;

/// A destination that is not a number.
pub const UNPARSABLE: u32 = u32::MAX - 1;

/// What routing reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub compiled: &'a Compiled,
    pub subscribers: &'a Subscribers,
    pub usage: &'a Usage,
    /// The last month that is closed for good.
    pub closed: Option<i32>,
}

/// Small codes of a chunk's texts, found once per distinct value where the column is a dictionary.
pub struct Codes {
    /// Places of the keys, as soon as they are found.
    pub key: Vec<u32>,
    pub service: Vec<u32>,
    pub zone: Vec<u32>,
    /// Where bands were last found, by calendar.
    pub near: Vec<usize>,
}

impl Codes {
    /// Those of all but the keys.
    fn new(context: &Context, rows: &Rows) -> Self {
        let compiled = context.compiled;
        let other = compiled.services.len() as u32;
        let no_zone = compiled.zones.len() as u32;
        let zone = match &compiled.prefixes {
            Some(prefixes) => rows.destination.codes(rows.len, |destination| {
                match destination.map_or(Ok(NO_ZONE), |text| prefixes.zone(text)) {
                    Ok(NO_ZONE) => no_zone,
                    Ok(zone) => zone,
                    Err(_) => UNPARSABLE,
                }
            }),
            None => vec![no_zone; rows.len],
        };
        Self {
            key: Vec::with_capacity(rows.len),
            service: rows
                .service
                .codes(rows.len, |name| name.and_then(|name| compiled.services.code(name)).unwrap_or(other)),
            zone,
            near: vec![0; compiled.calendars.len()],
        }
    }
}

/// Routes every row of a chunk: into its lane, if there may be one, or as below.
pub fn route(context: &Context, chunk: &mut Chunk, in_lane: bool) {
    let mut codes = Codes::new(context, &chunk.rows);
    let mut rest = Vec::new();
    if in_lane {
        chunk.lane = lane::route(context, &chunk.rows, &mut codes, &mut rest);
    } else {
        rest.extend(0..chunk.rows.len as u32);
        codes.key = Holders::new(context.subscribers, &chunk.rows.key, chunk.rows.len).all();
    }
    route_rows(context, chunk, &rest, codes);
}

/// Routes the rows of a chunk's lane as below.
pub fn leave_lane(context: &Context, chunk: &mut Chunk) {
    let rows = std::mem::take(&mut chunk.lane).row;
    let mut codes = Codes::new(context, &chunk.rows);
    codes.key = Holders::new(context.subscribers, &chunk.rows.key, chunk.rows.len).all();
    route_rows(context, chunk, &rows, codes);
}

/// Routes rows one by one: their drafts go to the stateless work, or to the partition of their account.
fn route_rows(context: &Context, chunk: &mut Chunk, rows: &[u32], mut codes: Codes) {
    if !rows.is_empty() {
        chunk.make_room();
    }
    let mut chosen = Vec::new();
    for row in rows.iter().map(|&row| row as usize) {
        if chunk.rows.is_skipped(row) {
            continue;
        }
        if let Err(fault) = route_row(context, chunk, row, &mut codes, &mut chosen) {
            chunk.reject(row, fault);
        }
    }
    chunk.service = codes.service;
    chunk.zone = codes.zone;
}

fn route_row(
    context: &Context,
    chunk: &mut Chunk,
    row: usize,
    codes: &mut Codes,
    chosen: &mut Vec<u32>,
) -> Result<(), Fault> {
    let Chunk { rows, work, places, held, month, pending, .. } = chunk;
    let rows = &*rows;
    check_identity(context.usage, rows, row)?;
    let record = find_plan(context, rows, row, codes, chosen)?;
    if codes.zone[row] == UNPARSABLE {
        let field = context.usage.destination.as_deref().unwrap_or_default();
        return Err(Fault::new(Code::BadDestination, field, rows.destination.get(row)));
    }
    if chosen.is_empty() {
        return Err(Fault::new(Code::NoMatchingCharge, context.usage.service_name(), rows.service.get(row)));
    }
    if chosen.len() > 1 {
        chosen.sort_unstable();
    }
    let guide = segment::Guide { context, record, service: codes.service[row], time: rows.time.values[row] };
    // One that is split may meet others of its plan on its way.
    let may_count = |charge: &Charge| {
        let plan = &context.compiled.plans[charge.plan as usize];
        charge.counted.is_some() || (charge.across_split && !plan.counted.is_empty())
    };
    let counts = chosen.iter().any(|&charge| may_count(&context.compiled.charges[charge as usize]));
    let counts = counts || (context.compiled.cost_counts && guide.may_have_costs(chosen));
    let number = if counts { 1 + partition_of(record.held.account, work.len() - 1) } else { 0 };
    let drafts = &mut work[number].drafts;
    if drafts.len() == 0 {
        drafts.reserve(if counts { rows.len / 2 } else { rows.len });
    }
    let first = drafts.len();
    let found = guide.drafts(chosen, drafts);
    match found {
        Pending { charge: Some(fault), .. } if drafts.len() == first => return Err(fault),
        found if found.charge.is_some() || !found.costs.is_empty() => _ = pending.insert(row as u32, found),
        _ => {}
    }
    places[row] = Place { work: number as u32, first: first as u32, count: (drafts.len() - first) as u32 };
    held[row] = record.held;
    month[row] = record.month;
    Ok(())
}

/// The first subscription of the key whose plan at that time has matching charges; if none has, the first in force.
#[inline]
fn find_plan<'a>(
    context: &Context<'a>,
    rows: &'a Rows,
    row: usize,
    codes: &mut Codes,
    chosen: &mut Vec<u32>,
) -> Result<Record<'a>, Fault> {
    chosen.clear();
    let held = context.subscribers.only_holding(codes.key[row], rows.time.values[row]);
    if held != Held::NONE {
        let record = known(context, rows, row, codes, held)?;
        record.choose(codes.service[row], chosen);
        return Ok(record);
    }
    let subscribers = context.subscribers;
    let blame = |code| Fault::new(code, &context.usage.key, rows.key.get(row));
    let subscriptions = subscribers.of_place(codes.key[row]);
    if subscriptions.is_empty() {
        return Err(blame(Code::UnknownKey));
    }
    let mut found: Option<Record> = None;
    for &subscription in subscriptions {
        let Some(holding) = subscribers.holding_at(subscription, rows.time.values[row]) else { continue };
        let record = known(context, rows, row, codes, holding.held)?;
        record.choose(codes.service[row], chosen);
        found.get_or_insert(record);
        if !chosen.is_empty() {
            let plan = &context.compiled.plans[record.plan as usize];
            let mismatch = || Fault::new(Code::CurrencyMismatch, &plan.id, Some(&plan.currency));
            return if holding.currency_fits { Ok(record) } else { Err(mismatch()) };
        }
    }
    found.ok_or_else(|| blame(Code::NoPlan))
}

/// A row with its holding, its month and its band.
#[inline]
fn known<'a>(
    context: &Context<'a>,
    rows: &'a Rows,
    row: usize,
    codes: &mut Codes,
    held: Held,
) -> Result<Record<'a>, Fault> {
    let (compiled, subscribers) = (context.compiled, context.subscribers);
    let time = rows.time.values[row];
    let month = subscribers.cycles[held.cycle as usize].month(time);
    let (plan, zone, none) = (held.plan, codes.zone[row], compiled.bands.len() as u32);
    let mut record = Record { compiled, subscribers, rows, row, held, plan, month, zone, band: none };
    if let Some(calendar) = compiled.plans[plan as usize].calendar {
        let edges = compiled.edges(calendar, held.clock);
        let outside = || Fault::new(Code::OutsideCalendar, &context.usage.time, Some(&rows.time.shown(row)));
        record.band = edges.at(time, &mut codes.near[calendar]).ok_or_else(outside)?.band;
    }
    Ok(record)
}
