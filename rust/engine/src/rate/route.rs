//! The guide stage: what a record is, whose it is, and which charges rate it.

use super::chunk::{Chunk, Place};
use super::drafts::Draft;
use super::rows::{LONGEST, Record, Rows};
use super::segment;
use crate::clock::HORIZON;
use crate::column::Cell;
use crate::compile::{Basis, Compiled, Usage};
use crate::reject::Code;
use crate::subscriber::Subscribers;
use crate::zone::NO_ZONE;

/// A destination that is not a number.
const UNPARSABLE: u32 = u32::MAX - 1;
/// A key that is null or not known.
const UNKNOWN: u32 = u32::MAX;

/// Why a row is rejected, with the field to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub field: String,
    pub value: Option<String>,
}

impl Fault {
    /// A fault of a field.
    pub fn new(code: Code, field: &str, value: Option<&str>) -> Self {
        Self { code, field: field.to_owned(), value: value.map(str::to_owned) }
    }
}

/// What routing reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub compiled: &'a Compiled,
    pub subscribers: &'a Subscribers,
    pub usage: &'a Usage,
}

/// Small codes of a chunk's texts, found once per distinct value where the column is a dictionary.
struct Codes {
    key: Vec<u32>,
    service: Vec<u32>,
    zone: Vec<u32>,
    /// Where bands were last found, by calendar.
    near: Vec<usize>,
}

impl Codes {
    fn new(context: &Context, rows: &Rows) -> Self {
        let compiled = context.compiled;
        let other = compiled.services.len() as u32;
        let no_zone = compiled.zones.len() as u32;
        let zone_of = |destination: Option<&str>| match (destination, &compiled.prefixes) {
            (Some(text), Some(prefixes)) => match prefixes.zone(text) {
                Ok(NO_ZONE) => no_zone,
                Ok(zone) => zone,
                Err(_) => UNPARSABLE,
            },
            _ => no_zone,
        };
        Self {
            key: rows.key.codes(rows.len, |key| key.and_then(|key| context.subscribers.key(key)).unwrap_or(UNKNOWN)),
            service: rows
                .service
                .codes(rows.len, |name| name.and_then(|name| compiled.services.code(name)).unwrap_or(other)),
            zone: rows.destination.codes(rows.len, zone_of),
            near: vec![0; compiled.calendars.len()],
        }
    }
}

/// Routes every row of a chunk: its drafts go to the stateless work, or to the partition of its account.
pub fn route(context: &Context, chunk: &mut Chunk) {
    let mut codes = Codes::new(context, &chunk.rows);
    let mut chosen = Vec::new();
    let mut drafts = Vec::new();
    for row in 0..chunk.rows.len {
        if chunk.rows.skipped.get(row).copied().unwrap_or(false) {
            continue;
        }
        drafts.clear();
        match route_row(context, chunk, row, &mut codes, &mut chosen, &mut drafts) {
            Ok(holding) => place(context, chunk, row, holding, codes.zone[row], &drafts),
            Err(fault) => chunk.reject(row, fault),
        }
    }
    chunk.service = codes.service;
}

/// Puts a row's drafts where they will be priced.
fn place(context: &Context, chunk: &mut Chunk, row: usize, holding: u32, zone: u32, drafts: &[Draft]) {
    let partitions = chunk.work.len() - 1;
    let counts = drafts.iter().any(|draft| context.compiled.charges[draft.charge as usize].counted.is_some());
    let work = if counts { 1 + context.subscribers.account_of(holding) as usize % partitions } else { 0 };
    let into = &mut chunk.work[work].drafts;
    let first = into.len() as u32;
    drafts.iter().for_each(|draft| into.push(*draft));
    chunk.places[row] = Place { work: work as u32, first, count: drafts.len() as u32 };
    chunk.holding[row] = holding;
    chunk.zone[row] = zone;
}

fn route_row(
    context: &Context,
    chunk: &Chunk,
    row: usize,
    codes: &mut Codes,
    chosen: &mut Vec<u32>,
    drafts: &mut Vec<Draft>,
) -> Result<u32, Fault> {
    let rows = &chunk.rows;
    check_identity(context.usage, rows, row)?;
    let time = rows.time.values[row];
    let record = find_plan(context, rows, row, codes, chosen)?;
    if codes.zone[row] == UNPARSABLE {
        let field = context.usage.destination.as_deref().unwrap_or_default();
        return Err(Fault::new(Code::BadDestination, field, rows.destination.get(row)));
    }
    if chosen.is_empty() {
        return Err(Fault::new(Code::NoMatchingCharge, "service", rows.service.get(row)));
    }
    chosen.sort_unstable();
    let guide = segment::Guide { context, record, service: codes.service[row], time };
    for &charge in chosen.iter() {
        guide.draft(charge, 0, drafts)?;
    }
    add_costs(&guide, drafts)?;
    Ok(record.holding)
}

/// Null, unreadable or oversized identity, time and key.
fn check_identity(usage: &Usage, rows: &Rows, row: usize) -> Result<(), Fault> {
    if let (Some(id), Some(column)) = (&rows.id, &usage.record_id)
        && id.get(row).is_none()
    {
        return Err(Fault::new(Code::NullId, column, None));
    }
    match rows.time.cells.get(row) {
        Cell::Fine => {}
        Cell::Null => return Err(Fault::new(Code::NullTime, &usage.time, None)),
        _ => {
            let text = rows.time.text.as_ref().and_then(|text| text.get(row));
            return Err(Fault::new(Code::BadTime, &usage.time, text));
        }
    }
    let time = rows.time.values[row];
    if !(0..HORIZON).contains(&time) {
        return Err(Fault::new(Code::OutsideCalendar, &usage.time, Some(&rows.time.shown(row))));
    }
    let Some(key) = rows.key.get(row) else { return Err(Fault::new(Code::NullKey, &usage.key, None)) };
    let long = |text: Option<&str>| text.is_some_and(|text| text.len() > LONGEST);
    let attributes = || rows.attributes.iter().zip(&usage.attributes).find(|(text, _)| long(text.get(row)));
    let field = if key.len() > LONGEST {
        Some(usage.key.as_str())
    } else if long(rows.id.as_ref().and_then(|id| id.get(row))) {
        usage.record_id.as_deref()
    } else if long(rows.source.get(row)) {
        Some("source")
    } else {
        attributes().map(|(_, (column, _))| column.as_str())
    };
    field.map_or(Ok(()), |field| Err(Fault::new(Code::TooLong, field, None)))
}

/// The first subscription of the key whose plan at that time has matching charges; if none has, the first in force.
fn find_plan<'a>(
    context: &Context<'a>,
    rows: &'a Rows,
    row: usize,
    codes: &mut Codes,
    chosen: &mut Vec<u32>,
) -> Result<Record<'a>, Fault> {
    let (compiled, subscribers) = (context.compiled, context.subscribers);
    let blame = |code| Fault::new(code, &context.usage.key, rows.key.get(row));
    if codes.key[row] == UNKNOWN {
        return Err(blame(Code::UnknownKey));
    }
    let time = rows.time.values[row];
    let mut fault = blame(Code::NoPlan);
    let mut found: Option<Record> = None;
    for &subscription in subscribers.of_key_code(codes.key[row]) {
        let Some(holding) = subscribers.holding_at(subscription, time) else { continue };
        let plan = subscribers.holdings[holding as usize].plan;
        let account = subscribers.subscriptions.account[subscription as usize] as usize;
        if subscribers.currencies.name(subscribers.accounts.currency[account])
            != Some(&compiled.plans[plan as usize].currency)
        {
            fault = Fault::new(
                Code::CurrencyMismatch,
                &compiled.plans[plan as usize].id,
                Some(&compiled.plans[plan as usize].currency),
            );
            continue;
        }
        let none = compiled.bands.len() as u32;
        let mut record = Record { compiled, subscribers, rows, row, holding, plan, zone: codes.zone[row], band: none };
        if let Some(calendar) = compiled.plans[plan as usize].calendar {
            let edges = compiled.calendars[calendar].edges(subscribers.accounts.clock[account]);
            let outside = || Fault::new(Code::OutsideCalendar, &context.usage.time, Some(&rows.time.shown(row)));
            record.band = edges.at(time, &mut codes.near[calendar]).ok_or_else(outside)?.band;
        }
        chosen.clear();
        record.choose(codes.service[row], chosen);
        found.get_or_insert(record);
        if !chosen.is_empty() {
            return Ok(record);
        }
    }
    chosen.clear();
    found.ok_or(fault)
}

/// Drafts of the charges of cost plans, for the flows that need them: once a record.
fn add_costs(guide: &segment::Guide, drafts: &mut Vec<Draft>) -> Result<(), Fault> {
    let compiled = guide.context.compiled;
    let retail = drafts.len();
    for agreement in &compiled.agreements {
        let applies = |draft: &&Draft| agreement.applies(draft.charge, &guide.record.in_band(draft.band));
        if !drafts[..retail].iter().any(|draft| applies(&draft)) {
            continue;
        }
        let Some(version) = agreement.version_at(guide.time) else { continue };
        for flow in &agreement.versions[version].flows {
            if let Basis::Plan { plan, cost, .. } = flow.basis
                && flow.applies(guide.time, &guide.record)
            {
                let path = || format!("{}/{}", agreement.id, flow.id);
                guide.cost(plan, cost as u32 + 1, &path, drafts)?;
            }
        }
    }
    Ok(())
}
