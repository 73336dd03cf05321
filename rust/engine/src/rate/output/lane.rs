//! Lines and shares of a chunk whose rows all took the lane: its columns are the lines' as they lie.

mod shares;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow_schema::DataType;

use super::constant::Column;
use super::{Identities, Writer};
use crate::charge::NULL;
use crate::clock::MONTHS;
use crate::column::{ONE, Text, write};
use crate::compile::LaneCharge;
use crate::error::Result;
use crate::identity;
use crate::rate::chunk::Chunk;
use crate::rate::lane::{Lane, Mark, NO_UNITS};
use crate::rate::shared;
use crate::schema;
pub(super) use shares::not_split;

/// Codes as they lie, for a dictionary column.
fn codes(codes: Vec<u32>) -> Vec<i32> {
    codes.into_iter().map(u32::cast_signed).collect()
}

impl Writer<'_> {
    /// The lines of a chunk's lane, whose columns they take.
    pub(super) fn lane_lines(&self, chunk: &mut Chunk, identities: &Identities) -> Result<RecordBatch> {
        let dictionaries = &self.engine.dictionaries;
        let rows = chunk.lane.len();
        let quantity = self.lane_quantity(chunk)?;
        let billed = if chunk.lane.bills_other_units() {
            self.whole(chunk.lane.billed().iter().copied())?
        } else {
            quantity.clone()
        };
        let (before, after) = self.lane_counters(chunk)?;
        let by_charge = |column: Column, code: &dyn Fn(&LaneCharge) -> i32| {
            let charges = &self.engine.compiled.lanes.charges;
            self.by_mark(&chunk.lane, column, |mark| code(&charges[mark.charge as usize]))
        };
        let charge = by_charge(Column::Charge, &|charge| dictionaries.charge_codes[charge.charge as usize])?;
        let plan = by_charge(Column::Plan, &|charge| charge.plan.cast_signed())?;
        let currency = by_charge(Column::Currency, &|charge| self.currency(charge.plan))?;
        let version = by_charge(Column::Version, &|charge| charge.version.cast_signed())?;
        let own_month = |mark: &Mark| mark.month.clamp(0, MONTHS - 1);
        let service_period = self.by_mark(&chunk.lane, Column::Month, own_month)?;
        let is_late = |mark: &Mark| self.billed_month(mark.month) != own_month(mark);
        let has_late = chunk.lane.marks.iter().any(is_late);
        let period = if has_late {
            self.by_mark(&chunk.lane, Column::Month, |mark| self.billed_month(mark.month))?
        } else {
            service_period.clone()
        };
        let mut flags = std::mem::take(&mut chunk.lane.flags);
        if has_late {
            flags.resize(rows, 0);
            let late = |at: usize| if is_late(chunk.lane.mark_of(at)) { schema::LATE } else { 0 };
            flags.iter_mut().enumerate().for_each(|(at, flags)| *flags |= late(at));
        }
        let flags =
            if flags.is_empty() { self.constant(Column::Flags, 0, rows)? } else { shared(Int32Array::from(flags)) };
        let service = self.lane_services(chunk)?;
        let numbers = chunk.rows.numbers_of(&chunk.lane.row);
        let ids = self.lane_ids(&chunk.lane, &numbers, identities);
        let lane = &mut chunk.lane;
        let compiled = &self.engine.compiled;
        let zone = self.known(Column::Zone, std::mem::take(&mut lane.zone), compiled.zones.len(), rows)?;
        let band = self.known(Column::Band, std::mem::take(&mut lane.band), compiled.bands.len(), rows)?;
        let columns = vec![
            write::ids(ids)?,
            self.constant(Column::Kind, 0, rows)?,
            self.constant(Column::File, chunk.source.cast_signed(), rows)?,
            shared(Int64Array::from(numbers)),
            write::dictionary(codes(std::mem::take(&mut lane.account)), &dictionaries.accounts)?,
            write::dictionary(codes(std::mem::take(&mut lane.subscription)), &dictionaries.subscriptions)?,
            plan,
            service,
            charge,
            version,
            zone,
            band,
            quantity,
            billed,
            write::plain_decimals(std::mem::take(&mut lane.amount))?,
            currency,
            before,
            after,
            flags,
            period,
            service_period,
            dictionaries.nulls(&DataType::FixedSizeBinary(16), rows),
            dictionaries.nulls(&schema::decimal(), rows),
            dictionaries.nulls(&DataType::Date32, rows),
        ];
        self.whole_lines(chunk, &chunk.lane.row, columns)
    }

    /// A column of codes that marks tell; those of one code are shared.
    fn by_mark(&self, lane: &Lane, column: Column, code: impl Fn(&Mark) -> i32) -> Result<ArrayRef> {
        let known: Vec<i32> = lane.marks.iter().map(code).collect();
        match known.as_slice() {
            [first, rest @ ..] if rest.iter().all(|code| code == first) => self.constant(column, *first, lane.len()),
            _ => self.coded(column, lane.mark.iter().map(|&mark| known[mark as usize]).collect()),
        }
    }

    /// The charge of a mark.
    #[inline]
    pub(super) fn lane_charge(&self, mark: &Mark) -> &LaneCharge {
        &self.engine.compiled.lanes.charges[mark.charge as usize]
    }

    /// The fingerprint of a mark's charge.
    #[inline]
    fn print(&self, mark: &Mark) -> u128 {
        self.engine.dictionaries.charge_prints[self.lane_charge(mark).charge as usize]
    }

    /// The input's quantities as they are, where every row has one and takes the lane.
    fn lane_quantity(&self, chunk: &Chunk) -> Result<ArrayRef> {
        let (lane, quantity) = (&chunk.lane, &chunk.rows.quantity);
        if lane.len() == chunk.rows.len && quantity.cells.all_fine() && quantity.whole.is_none() {
            return write::plain_decimals_of(quantity.values.buffer().clone());
        }
        self.whole(lane.quantity.iter().copied())
    }

    /// Whole units as decimals, `NO_UNITS` as null.
    fn whole(&self, units: impl ExactSizeIterator<Item = i64> + Clone) -> Result<ArrayRef> {
        let rows = units.len();
        // All at once: no units are below 0.
        if units.clone().fold(0, |all, units| all | units) >= 0 {
            return write::plain_decimals(units.map(|units| i128::from(units) * ONE).collect());
        }
        if units.clone().all(|units| units == NO_UNITS) {
            return Ok(self.engine.dictionaries.nulls(&schema::decimal(), rows));
        }
        write::decimals(units.map(|units| if units == NO_UNITS { NULL } else { i128::from(units) * ONE }).collect())
    }

    /// Where counters stood before each line, and after.
    fn lane_counters(&self, chunk: &Chunk) -> Result<(ArrayRef, ArrayRef)> {
        let lane = &chunk.lane;
        if lane.before.is_empty() {
            let nulls = self.engine.dictionaries.nulls(&schema::decimal(), lane.len());
            return Ok((nulls.clone(), nulls));
        }
        let known = lane.before.iter().zip(lane.billed());
        if lane.all_count() {
            let decimals = |units: i64| i128::from(units) * ONE;
            let before = write::plain_decimals(lane.before.iter().map(|&before| decimals(before)).collect())?;
            return Ok((
                before,
                write::plain_decimals(known.map(|(before, billed)| decimals(before + billed)).collect())?,
            ));
        }
        let after = known.map(|(&before, &billed)| if before == NO_UNITS { NO_UNITS } else { before + billed });
        Ok((self.whole(lane.before.iter().copied())?, self.whole(after)?))
    }

    /// The ids of lines, whose rows have these numbers.
    fn lane_ids(&self, lane: &Lane, numbers: &[i64], identities: &Identities) -> Vec<u8> {
        let prints: Vec<u128> = lane.marks.iter().map(|mark| self.print(mark)).collect();
        let id = |record: u128, mark: u32| identity::line(record, prints[mark as usize]);
        let ids: Vec<_> = match identities {
            Identities::Known(known) => {
                lane.row.iter().zip(&lane.mark).map(|(&row, &mark)| id(known[row as usize], mark)).collect()
            }
            Identities::File(file) => {
                let record = |number: i64| identity::row(*file, number.cast_unsigned());
                numbers.iter().zip(&lane.mark).map(|(&number, &mark)| id(record(number), mark)).collect()
            }
        };
        ids.into_flattened()
    }

    fn lane_services(&self, chunk: &Chunk) -> Result<ArrayRef> {
        let rows = &chunk.lane.row;
        if let (Text::Same(_), Some(&row)) = (&chunk.rows.service, rows.first()) {
            return self.constant(Column::Service, self.service(chunk, row as usize), rows.len());
        }
        let codes = rows.iter().map(|&row| self.service(chunk, row as usize));
        self.coded(Column::Service, codes.collect())
    }

    /// A column of codes of names, of which there are so many; any other is null, as in all rows where there are none.
    fn known(&self, column: Column, codes: Vec<u32>, names: usize, rows: usize) -> Result<ArrayRef> {
        if names == 0 {
            return self.constant(column, -1, rows);
        }
        let known = |code: u32| if (code as usize) < names { code.cast_signed() } else { -1 };
        self.coded(column, codes.into_iter().map(known).collect())
    }
}
