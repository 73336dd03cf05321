//! Lines of a chunk.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow_schema::{DataType, Field, Schema};

use super::{Identities, Writer, batch};
use crate::charge::NULL;
use crate::clock::MONTHS;
use crate::column::{Text, write};
use crate::error::Result;
use crate::identity;
use crate::rate::chunk::Chunk;
use crate::rate::drafts::Drafts;
use crate::rate::shared;
use crate::schema;

/// Where a line's draft is: its work, its place there.
type At = (u32, u32);

/// Where the lines of a chunk are.
enum Places {
    /// All drafts of one work, as they lie: nothing has to move.
    Whole(usize),
    Picked(Vec<At>),
}

impl Places {
    /// The retail drafts of rated rows, in input order.
    fn of(chunk: &Chunk) -> Self {
        let mut used = (0..chunk.work.len()).filter(|&work| chunk.work[work].drafts.len() > 0);
        if let (Some(only), None) = (used.next(), used.next())
            && Self::is_whole(chunk, only)
        {
            return Self::Whole(only);
        }
        let mut picked = Vec::with_capacity(chunk.rows.len);
        for row in (0..chunk.rows.len).filter(|&row| chunk.is_rated(row)) {
            let place = chunk.places[row];
            let drafts = &chunk.work[place.work as usize].drafts;
            let first = picked.len();
            let retail = (place.first..place.first + place.count).filter(|&at| drafts.tariff[at as usize] == 0);
            picked.extend(retail.map(|at| (place.work, at)));
            // Drafts are in order of time; lines are in order of charges, and of time within a charge.
            if picked.len() > first + 1 {
                picked[first..].sort_by_key(|&(_, at)| drafts.charge[at as usize]);
            }
        }
        Self::Picked(picked)
    }

    /// Whether every draft is the one line of a rated row.
    fn is_whole(chunk: &Chunk, only: usize) -> bool {
        let rated = (0..chunk.rows.len).filter(|&row| chunk.is_rated(row)).count();
        let drafts = &chunk.work[only].drafts;
        drafts.len() == rated
            && drafts.tariff.iter().all(|&tariff| tariff == 0)
            && drafts.row.iter().is_sorted_by(|a, b| a < b)
            && drafts.row.iter().all(|&row| chunk.is_rated(row as usize))
    }

    /// A column of the lines, moved or gathered; `absent` where a work has no such column.
    fn column<T: Copy>(&self, chunk: &mut Chunk, absent: T, column: fn(&mut Drafts) -> &mut Vec<T>) -> Vec<T> {
        match self {
            Self::Whole(only) => std::mem::take(column(&mut chunk.work[*only].drafts)),
            Self::Picked(places) => {
                let columns: Vec<&Vec<T>> = chunk.work.iter_mut().map(|work| &*column(&mut work.drafts)).collect();
                places
                    .iter()
                    .map(|&(work, at)| columns[work as usize].get(at as usize).copied().unwrap_or(absent))
                    .collect()
            }
        }
    }
}

/// A code for each line, by its row.
#[inline]
fn by_row(rows: &[u32], code: impl Fn(usize) -> i32) -> Vec<i32> {
    rows.iter().map(|&row| code(row as usize)).collect()
}

impl Writer<'_> {
    /// The lines of a chunk, whose drafts they take; itemised ones carry what was read of their records.
    pub(super) fn lines(&self, chunk: &mut Chunk, identities: &Identities) -> Result<RecordBatch> {
        let places = Places::of(chunk);
        let rows: Vec<u32> = places.column(chunk, 0, |drafts| &mut drafts.row);
        let columns = self.narrow(chunk, &places, &rows, identities)?;
        self.whole_lines(chunk, &rows, columns)
    }

    /// Narrow lines of some rows as a table, with the items of their records if they are asked for.
    pub(super) fn whole_lines(&self, chunk: &Chunk, rows: &[u32], mut columns: Vec<ArrayRef>) -> Result<RecordBatch> {
        if !self.options.itemised {
            return batch(&schema::LINES, columns);
        }
        let mut fields: Vec<Arc<Field>> = schema::LINES.fields().iter().cloned().collect();
        for (name, column) in self.items(chunk, rows) {
            fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
            columns.push(column);
        }
        batch(&Arc::new(Schema::new(fields)), columns)
    }

    fn narrow(
        &self,
        chunk: &mut Chunk,
        places: &Places,
        rows: &[u32],
        identities: &Identities,
    ) -> Result<Vec<ArrayRef>> {
        let (dictionaries, compiled) = (&self.engine.dictionaries, &self.engine.compiled);
        let (count, source) = (rows.len(), chunk.source);
        let charges = places.column(chunk, 0, |drafts| &mut drafts.charge);
        let segments = places.column(chunk, 0, |drafts| &mut drafts.segment);
        let bands = places.column(chunk, 0, |drafts| &mut drafts.band);
        let versions = places.column(chunk, 0, |drafts| &mut drafts.version);
        let mut flags = places.column(chunk, 0, |drafts| &mut drafts.flags);
        let numbers = [
            places.column(chunk, NULL, |drafts| &mut drafts.quantity),
            places.column(chunk, NULL, |drafts| &mut drafts.billed),
            places.column(chunk, NULL, |drafts| &mut drafts.amount),
            places.column(chunk, NULL, |drafts| &mut drafts.before),
            places.column(chunk, NULL, |drafts| &mut drafts.after),
        ];
        let [quantity, billed, amount, before, after] = numbers.map(|column| self.decimals(column, count));
        let chunk = &*chunk;
        let known = |code: u32, names: usize| if (code as usize) < names { code.cast_signed() } else { -1 };
        let months = by_row(rows, |row| chunk.month[row].clamp(0, MONTHS - 1));
        let periods: Vec<i32> = months.iter().map(|&month| self.billed_month(month)).collect();
        for (flags, _) in flags.iter_mut().zip(months.iter().zip(&periods)).filter(|(_, (own, billed))| own != billed) {
            *flags |= schema::LATE;
        }
        let ids = self.line_ids((chunk, rows), &charges, &segments, identities);
        let row_numbers: Vec<i64> = rows.iter().map(|&row| chunk.rows.number(row as usize).cast_signed()).collect();
        let charge_codes = charges.iter().map(|&charge| dictionaries.charge_codes[charge as usize]).collect();
        let held = &chunk.held;
        Ok(vec![
            write::ids(ids)?,
            write::dictionary(vec![0; count], &dictionaries.kinds)?,
            write::dictionary(vec![source.cast_signed(); count], &self.file_values)?,
            shared(Int64Array::from(row_numbers)),
            write::dictionary(by_row(rows, |row| held[row].account.cast_signed()), &dictionaries.accounts)?,
            write::dictionary(by_row(rows, |row| held[row].subscription.cast_signed()), &dictionaries.subscriptions)?,
            write::dictionary(by_row(rows, |row| held[row].plan.cast_signed()), &dictionaries.plans)?,
            write::dictionary(by_row(rows, |row| self.service(chunk, row)), &self.service_values)?,
            write::dictionary(charge_codes, &dictionaries.charges)?,
            shared(Int32Array::from_iter_values(versions.into_iter().map(u32::cast_signed))),
            write::dictionary(by_row(rows, |row| known(chunk.zone[row], compiled.zones.len())), &dictionaries.zones)?,
            write::dictionary(
                bands.iter().map(|&band| known(band, compiled.bands.len())).collect(),
                &dictionaries.bands,
            )?,
            quantity?,
            billed?,
            amount?,
            write::dictionary(by_row(rows, |row| self.currency(held[row].plan)), &dictionaries.currencies)?,
            before?,
            after?,
            shared(Int32Array::from(flags)),
            write::dictionary(periods, &dictionaries.months)?,
            write::dictionary(months, &dictionaries.months)?,
            dictionaries.nulls(&DataType::FixedSizeBinary(16), count),
            dictionaries.nulls(&schema::decimal(), count),
            dictionaries.nulls(&DataType::Date32, count),
        ])
    }

    /// A column of amounts; one that no work has is null.
    fn decimals(&self, column: Vec<i128>, count: usize) -> Result<ArrayRef> {
        if column.len() < count {
            Ok(self.engine.dictionaries.nulls(&schema::decimal(), count))
        } else {
            write::decimals(column)
        }
    }

    pub(super) fn service(&self, chunk: &Chunk, row: usize) -> i32 {
        let code = chunk.service[row];
        if (code as usize) < self.engine.compiled.services.len() {
            return code.cast_signed();
        }
        let code = chunk.rows.service.get(row).and_then(|service| self.services.code(service));
        code.map_or(-1, u32::cast_signed)
    }

    fn line_ids(
        &self,
        (chunk, rows): (&Chunk, &[u32]),
        charges: &[u32],
        segments: &[u32],
        identities: &Identities,
    ) -> Vec<u8> {
        let lines = rows.iter().zip(charges).zip(segments);
        let id = |((&row, &charge), &segment): ((&u32, &u32), &u32)| {
            line_id(self, identities.get(&chunk.rows, row as usize), charge, segment)
        };
        lines.map(id).collect::<Vec<_>>().into_flattened()
    }

    /// What itemised lines add: id, time, key, and every attribute that the catalog refers to.
    fn items(&self, chunk: &Chunk, rows: &[u32]) -> Vec<(String, ArrayRef)> {
        let all = rows.len() == chunk.rows.len && rows.is_sorted_by(|a, b| a < b);
        let text = |text: &Text| -> ArrayRef {
            match text {
                Text::Small(array) if all => shared(array.clone()),
                _ => shared(rows.iter().map(|&row| text.get(row as usize)).collect::<StringArray>()),
            }
        };
        let nulls = || new_null_array(&DataType::Utf8, rows.len());
        let times = rows.iter().map(|&row| chunk.rows.time.values[row as usize]).collect();
        let mut items = vec![
            ("id".to_owned(), chunk.rows.id.as_ref().map_or_else(nulls, text)),
            ("time".to_owned(), write::instants(times)),
            ("key".to_owned(), text(&chunk.rows.key)),
        ];
        let attributes = self.engine.compiled.attributes.all().zip(&chunk.rows.attributes);
        items.extend(attributes.map(|(name, column)| (format!("attribute.{name}"), text(column))));
        items
    }
}

/// The id of a line.
#[inline]
pub(super) fn line_id(writer: &Writer, record: u128, charge: u32, segment: u32) -> [u8; 16] {
    let print = match segment {
        0 => writer.engine.dictionaries.charge_prints[charge as usize],
        _ => identity::charge(&writer.engine.compiled.charges[charge as usize].path, &segment.to_string()),
    };
    identity::line(record, print)
}
