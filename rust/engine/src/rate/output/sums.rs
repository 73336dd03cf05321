//! Sums of lines and shares: what bills and statements need, in a table that does not grow with the usage.
//!
//! Each thread sums the lines of its own accounts and their shares, so that no sum is in two hands.

use arrow_array::{Int32Array, Int64Array, RecordBatch};

use super::partition::PartitionSums;
use super::tally::{Sum, Summed};
use super::{Writer, batch};
use crate::column::write;
use crate::error::Result;
use crate::names::Names;
use crate::rate::chunk::Chunk;
use crate::rate::parallel;
use crate::rate::shared;
use crate::schema;
use crate::subscriber::NONE;

/// (month, subscription, charge, version, zone, band)
pub type LineKey = (u32, u32, u32, u32, u32, u32);

/// (month, agreement, version, flow, payer, payee, payer's account, payee's account, subscription, currency)
pub type ShareKey = (u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);

/// Sums of all that has been rated so far.
pub(super) struct Accumulator {
    /// By partition of accounts.
    parts: Vec<PartitionSums>,
}

impl Accumulator {
    pub(super) fn new(partitions: usize) -> Self {
        Self { parts: (0..partitions).map(|_| PartitionSums::default()).collect() }
    }

    /// Adds the rated rows of some chunks.
    pub(super) fn add(&mut self, writer: &Writer, chunks: &[Chunk]) -> Result<()> {
        let of = self.parts.len();
        let laid_out = parallel::map(chunks, of < 2, |chunk| chunk.lane.places(of));
        let numbered: Vec<_> = self.parts.iter_mut().enumerate().collect();
        let add = |(number, part): (usize, &mut PartitionSums)| {
            let in_lanes = laid_out.iter().map(|places| places[number].as_slice());
            part.add(writer, chunks.iter().zip(in_lanes), (number, of))
        };
        parallel::map(numbered, of < 2, add).into_iter().collect()
    }

    /// Line sums and share sums, in order of their keys.
    pub(super) fn finish(self, writer: &Writer) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>)> {
        let subscribers = &writer.engine.subscribers;
        let (lines, shares): (Vec<_>, Vec<_>) = self.parts.into_iter().map(|part| part.into_inner(subscribers)).unzip();
        // Lines of one key are all in one partition; shares that no account has a part in are not.
        let mut lines = lines.concat();
        parallel::sort_by_key(&mut lines, |entry| entry.0);
        let mut of_parts = shares.concat();
        of_parts.sort_by_key(|entry| entry.0);
        let mut shares: Summed<ShareKey> = Vec::with_capacity(of_parts.len());
        for (key, sum) in of_parts {
            match shares.last_mut().filter(|last| last.0 == key) {
                Some((_, total)) => total.add(sum.amount, sum.records)?,
                None => shares.push((key, sum)),
            }
        }
        Ok((vec![writer.line_sum_batch(&lines)?], vec![writer.share_sum_batch(&shares)?]))
    }
}

/// A code, or null.
fn code(code: u32) -> i32 {
    if code == NONE { -1 } else { code.cast_signed() }
}

impl Writer<'_> {
    fn line_sum_batch(&self, sums: &[(LineKey, Sum)]) -> Result<RecordBatch> {
        let (compiled, subscribers) = (&self.engine.compiled, &self.engine.subscribers);
        let dictionaries = &self.engine.dictionaries;
        let mut items = Names::default();
        let mut categories = Names::default();
        let each =
            |code: &mut dyn FnMut(&LineKey) -> i32| -> Vec<i32> { sums.iter().map(|(key, _)| code(key)).collect() };
        let charge = |key: &LineKey| &compiled.charges[key.2 as usize];
        let known = |code: u32, names: usize| if (code as usize) < names { code.cast_signed() } else { -1 };
        let seller = |key: &LineKey| {
            let fixed = compiled.plans[charge(key).plan as usize].seller;
            code(fixed.unwrap_or(subscribers.subscriptions.sold_by[key.1 as usize]))
        };
        let item_codes = each(&mut |key| code(items.intern(&charge(key).path)));
        let category_codes = each(&mut |key| code(categories.intern(&charge(key).tax_category)));
        let columns = vec![
            write::dictionary(each(&mut |key| key.0.cast_signed()), &dictionaries.months)?,
            write::dictionary(
                each(&mut |key| code(subscribers.subscriptions.account[key.1 as usize])),
                &dictionaries.accounts,
            )?,
            write::dictionary(each(&mut |key| seller(key)), &dictionaries.parties)?,
            write::dictionary(each(&mut |key| code(key.1)), &dictionaries.subscriptions)?,
            write::dictionary(item_codes, &items.values())?,
            write::dictionary(each(&mut |key| code(charge(key).plan)), &dictionaries.plans)?,
            shared(Int32Array::from_iter_values(sums.iter().map(|(key, _)| key.3.cast_signed()))),
            write::dictionary(each(&mut |key| known(key.4, compiled.zones.len())), &dictionaries.zones)?,
            write::dictionary(each(&mut |key| known(key.5, compiled.bands.len())), &dictionaries.bands)?,
            write::dictionary(category_codes, &categories.values())?,
            write::dictionary(each(&mut |key| self.currency(charge(key).plan)), &dictionaries.currencies)?,
            write::decimals(sums.iter().map(|(_, sum)| sum.amount).collect())?,
            shared(Int64Array::from_iter_values(sums.iter().map(|(_, sum)| sum.records))),
        ];
        batch(&schema::LINE_SUMS, columns)
    }

    fn share_sum_batch(&self, sums: &[(ShareKey, Sum)]) -> Result<RecordBatch> {
        let dictionaries = &self.engine.dictionaries;
        let each = |code: &dyn Fn(&ShareKey) -> i32| -> Vec<i32> { sums.iter().map(|(key, _)| code(key)).collect() };
        let flow = |key: &ShareKey| dictionaries.flow_codes[key.1 as usize][key.2 as usize][key.3 as usize];
        let columns = vec![
            write::dictionary(each(&|key| key.0.cast_signed()), &dictionaries.months)?,
            write::dictionary(each(&|key| code(key.1)), &dictionaries.agreements)?,
            shared(Int32Array::from_iter_values(sums.iter().map(|(key, _)| key.2.cast_signed()))),
            write::dictionary(each(&flow), &dictionaries.flows)?,
            write::dictionary(each(&|key| code(key.4)), &dictionaries.parties)?,
            write::dictionary(each(&|key| code(key.5)), &dictionaries.parties)?,
            write::dictionary(each(&|key| code(key.6)), &dictionaries.accounts)?,
            write::dictionary(each(&|key| code(key.7)), &dictionaries.accounts)?,
            write::dictionary(each(&|key| code(key.8)), &dictionaries.subscriptions)?,
            write::dictionary(each(&|key| key.9.cast_signed()), &dictionaries.currencies)?,
            write::decimals(sums.iter().map(|(_, sum)| sum.amount).collect())?,
        ];
        batch(&schema::SHARE_SUMS, columns)
    }
}
