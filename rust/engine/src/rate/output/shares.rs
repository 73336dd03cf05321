//! Shares of a chunk.

use arrow_array::{Int32Array, RecordBatch};

use super::lines::line_id;
use super::{Identities, Writer, batch};
use crate::column::write;
use crate::error::Result;
use crate::rate::chunk::Chunk;
use crate::rate::shared;
use crate::schema;

/// Where shares are: their work, their place there; in order of rows.
fn places(chunk: &Chunk) -> Vec<(u32, u32)> {
    let mut sorted: Vec<(u32, u32, u32)> = Vec::new();
    for (number, work) in chunk.work.iter().enumerate() {
        let row = |line: u32| work.drafts.row[line as usize];
        let shares = work.shares.line.iter().enumerate().map(|(at, &line)| (row(line), number as u32, at as u32));
        sorted.extend(shares.filter(|share| chunk.is_rated(share.0 as usize) && work.shares.paid[share.2 as usize]));
    }
    // Already in order unless several partitions, or a sorted one, took part.
    if !sorted.is_sorted() {
        sorted.sort_unstable();
    }
    sorted.into_iter().map(|(_, work, at)| (work, at)).collect()
}

impl Writer<'_> {
    /// The shares of a chunk's rated rows.
    pub(super) fn shares(&self, chunk: &Chunk, identities: &Identities) -> Result<RecordBatch> {
        let dictionaries = &self.engine.dictionaries;
        let places = places(chunk);
        let count = places.len();
        let mut ids = Vec::with_capacity(count * 16);
        let (mut months, mut subscriptions) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut agreements, mut flows) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut versions, mut amounts) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut payers, mut payees) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut currencies = Vec::with_capacity(count);
        for &(work, at) in &places {
            let (shares, at) = (&chunk.work[work as usize].shares, at as usize);
            let line = shares.line[at];
            let row = chunk.work[work as usize].drafts.row[line as usize] as usize;
            let held = chunk.held[row];
            let drafts = &chunk.work[work as usize].drafts;
            let (charge, segment) = (drafts.charge[line as usize], drafts.segment[line as usize]);
            ids.extend_from_slice(&line_id(self, identities.get(&chunk.rows, row), charge, segment));
            months.push(self.billed_month(chunk.month[row]));
            subscriptions.push(held.subscription.cast_signed());
            let (agreement, version, flow) = (shares.agreement[at], shares.version[at], shares.flow[at]);
            agreements.push(agreement.cast_signed());
            versions.push(version.cast_signed());
            flows.push(dictionaries.flow_codes[agreement as usize][version as usize][flow as usize]);
            payers.push(shares.payer[at].cast_signed());
            payees.push(shares.payee[at].cast_signed());
            amounts.push(shares.amount[at]);
            currencies.push(self.currency(held.plan));
        }
        let columns = vec![
            write::ids(ids)?,
            write::dictionary(months, &dictionaries.months)?,
            write::dictionary(subscriptions, &dictionaries.subscriptions)?,
            write::dictionary(agreements, &dictionaries.agreements)?,
            shared(Int32Array::from(versions)),
            write::dictionary(flows, &dictionaries.flows)?,
            write::dictionary(payers, &dictionaries.parties)?,
            write::dictionary(payees, &dictionaries.parties)?,
            write::decimals(amounts)?,
            write::dictionary(currencies, &dictionaries.currencies)?,
        ];
        batch(&schema::SHARES, columns)
    }
}
