//! Lines of a chunk.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow_schema::{DataType, Field, Schema};

use super::{Writer, batch};
use crate::clock::MONTHS;
use crate::column::write;
use crate::error::Result;
use crate::identity;
use crate::rate::chunk::Chunk;
use crate::rate::drafts::Drafts;
use crate::rate::shared;
use crate::schema;

/// Where a line's draft is: its work, its place there.
type At = (u32, u32);

/// The retail drafts of rated rows, in input order.
fn places(chunk: &Chunk) -> Vec<At> {
    let mut places = Vec::with_capacity(chunk.rows.len);
    for row in (0..chunk.rows.len).filter(|&row| chunk.is_rated(row)) {
        let place = chunk.places[row];
        let tariffs = &chunk.work[place.work as usize].drafts.tariff;
        let drafts = place.first..place.first + place.count;
        let first = places.len();
        places.extend(drafts.filter(|&at| tariffs[at as usize] == 0).map(|at| (place.work, at)));
        // Drafts are in order of time; lines are in order of charges, and of time within a charge.
        if places.len() > first + 1 {
            let charges = &chunk.work[place.work as usize].drafts.charge;
            places[first..].sort_by_key(|&(_, at)| charges[at as usize]);
        }
    }
    places
}

/// A column of the drafts at some places.
fn gathered<T: Copy>(chunk: &Chunk, places: &[At], column: impl Fn(&Drafts) -> &Vec<T>) -> Vec<T> {
    let columns: Vec<&Vec<T>> = chunk.work.iter().map(|work| column(&work.drafts)).collect();
    places.iter().map(|&(work, at)| columns[work as usize][at as usize]).collect()
}

impl Writer<'_> {
    /// The lines of a chunk; itemised ones carry what was read of their records.
    pub(super) fn lines(&self, chunk: &Chunk, identities: &[u128]) -> Result<RecordBatch> {
        let places = places(chunk);
        let rows: Vec<u32> = gathered(chunk, &places, |drafts| &drafts.row);
        let columns = self.narrow(chunk, &places, &rows, identities)?;
        if !self.options.itemised {
            return batch(&schema::LINES, columns);
        }
        let mut fields: Vec<Arc<Field>> = schema::LINES.fields().iter().cloned().collect();
        let mut columns = columns;
        for (name, column) in self.items(chunk, &rows) {
            fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
            columns.push(column);
        }
        batch(&Arc::new(Schema::new(fields)), columns)
    }

    fn narrow(&self, chunk: &Chunk, places: &[At], rows: &[u32], identities: &[u128]) -> Result<Vec<ArrayRef>> {
        let (dictionaries, subscribers) = (&self.engine.dictionaries, &self.engine.subscribers);
        let count = rows.len();
        let charges: Vec<u32> = gathered(chunk, places, |drafts| &drafts.charge);
        let bands: Vec<u32> = gathered(chunk, places, |drafts| &drafts.band);
        let by_row = |code: &dyn Fn(usize) -> i32| -> Vec<i32> { rows.iter().map(|&row| code(row as usize)).collect() };
        let holding = |row: usize| &subscribers.holdings[chunk.holding[row] as usize];
        let account = |row: usize| subscribers.account_of(chunk.holding[row]);
        let known = |code: u32, names: usize| if (code as usize) < names { code as i32 } else { -1 };
        let months: Vec<i32> = rows.iter().map(|&row| self.month(chunk, row as usize)).collect();
        let billed: Vec<i32> = months.iter().map(|&month| self.billed_month(month)).collect();
        let mut flags = gathered(chunk, places, |drafts| &drafts.flags);
        for (flags, _) in
            flags.iter_mut().zip(months.iter().zip(&billed)).filter(|(_, (month, billed))| month != billed)
        {
            *flags |= schema::LATE;
        }
        let decimal = |column: fn(&Drafts) -> &Vec<i128>| write::decimals(gathered(chunk, places, column));
        let compiled = &self.engine.compiled;
        Ok(vec![
            write::ids(self.line_ids(chunk, places, identities))?,
            write::dictionary(vec![0; count], &dictionaries.kinds)?,
            write::dictionary(vec![chunk.source as i32; count], &self.file_values)?,
            shared(Int64Array::from_iter_values(rows.iter().map(|&row| chunk.rows.number(row as usize).cast_signed()))),
            write::dictionary(by_row(&|row| account(row) as i32), &dictionaries.accounts)?,
            write::dictionary(by_row(&|row| holding(row).subscription as i32), &dictionaries.subscriptions)?,
            write::dictionary(by_row(&|row| holding(row).plan as i32), &dictionaries.plans)?,
            write::dictionary(by_row(&|row| self.service(chunk, row)), &self.service_values)?,
            write::dictionary(
                charges.iter().map(|&c| dictionaries.charge_codes[c as usize]).collect(),
                &dictionaries.charges,
            )?,
            shared(Int32Array::from_iter_values(
                gathered(chunk, places, |d| &d.version).into_iter().map(u32::cast_signed),
            )),
            write::dictionary(by_row(&|row| known(chunk.zone[row], compiled.zones.len())), &dictionaries.zones)?,
            write::dictionary(
                bands.iter().map(|&band| known(band, compiled.bands.len())).collect(),
                &dictionaries.bands,
            )?,
            decimal(|drafts| &drafts.quantity)?,
            decimal(|drafts| &drafts.billed)?,
            decimal(|drafts| &drafts.amount)?,
            write::dictionary(
                by_row(&|row| dictionaries.currency_codes[holding(row).plan as usize]),
                &dictionaries.currencies,
            )?,
            decimal(|drafts| &drafts.before)?,
            decimal(|drafts| &drafts.after)?,
            shared(Int32Array::from(flags)),
            write::dictionary(billed, &dictionaries.months)?,
            write::dictionary(months, &dictionaries.months)?,
            new_null_array(&DataType::FixedSizeBinary(16), count),
            new_null_array(&schema::decimal(), count),
            new_null_array(&DataType::Date32, count),
        ])
    }

    fn service(&self, chunk: &Chunk, row: usize) -> i32 {
        let code = chunk.service[row];
        if (code as usize) < self.engine.compiled.services.len() {
            return code as i32;
        }
        let code = chunk.rows.service.get(row).and_then(|service| self.services.code(service));
        code.map_or(-1, u32::cast_signed)
    }

    fn line_ids(&self, chunk: &Chunk, places: &[At], identities: &[u128]) -> Vec<u8> {
        let prints = &self.engine.dictionaries.charge_prints;
        let mut ids = Vec::with_capacity(places.len() * 16);
        for &(work, at) in places {
            ids.extend_from_slice(&line_id(self, chunk, (work, at), identities, prints));
        }
        ids
    }

    /// What itemised lines add: id, time, key, and every attribute that the catalog refers to.
    fn items(&self, chunk: &Chunk, rows: &[u32]) -> Vec<(String, ArrayRef)> {
        let text = |text: &crate::column::Text| -> ArrayRef {
            shared(rows.iter().map(|&row| text.get(row as usize)).collect::<StringArray>())
        };
        let nulls = || new_null_array(&DataType::Utf8, rows.len());
        let times = rows.iter().map(|&row| chunk.rows.time.values[row as usize]).collect();
        let mut items = vec![
            ("id".to_owned(), chunk.rows.id.as_ref().map_or_else(nulls, text)),
            ("time".to_owned(), write::instants(times)),
            ("key".to_owned(), text(&chunk.rows.key)),
        ];
        let attributes = self.engine.compiled.attributes.all().iter().zip(&chunk.rows.attributes);
        items.extend(attributes.map(|(name, column)| (format!("attribute.{name}"), text(column))));
        items
    }
}

/// The id of a line.
pub(super) fn line_id(
    writer: &Writer,
    chunk: &Chunk,
    (work, at): At,
    identities: &[u128],
    prints: &[u128],
) -> [u8; 16] {
    let drafts = &chunk.work[work as usize].drafts;
    let (row, charge, segment) = (drafts.row[at as usize], drafts.charge[at as usize], drafts.segment[at as usize]);
    let print = match segment {
        0 => prints[charge as usize],
        _ => identity::charge(&writer.engine.compiled.charges[charge as usize].path, &segment.to_string()),
    };
    identity::line(identities[row as usize], print)
}
