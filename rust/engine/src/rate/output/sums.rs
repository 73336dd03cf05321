//! Sums of lines and shares: what bills and statements need, in a table that does not grow with the usage.
//!
//! Each thread sums the lines of its own accounts, so that no key is in two hands; shares have few keys.

use arrow_array::{Int32Array, Int64Array, RecordBatch};

use super::tally::{Sum, Sums};
use super::{Writer, batch};
use crate::column::write;
use crate::compile::Role;
use crate::error::Result;
use crate::names::Names;
use crate::rate::chunk::{Chunk, partition_of};
use crate::rate::lane::Lane;
use crate::rate::parallel;
use crate::rate::shared;
use crate::schema;
use crate::split::Who;
use crate::subscriber::NONE;

/// (month, subscription, charge, version, zone, band)
pub type LineKey = (u32, u32, u32, u32, u32, u32);

/// (month, agreement, version, flow, payer, payee, payer's account, payee's account, subscription, plan)
pub type ShareKey = (u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);

/// Sums of all that has been rated so far.
pub(super) struct Accumulator {
    /// By partition of accounts.
    lines: Vec<Sums<LineKey>>,
    shares: Sums<ShareKey>,
}

impl Accumulator {
    pub(super) fn new(partitions: usize) -> Self {
        Self { lines: (0..partitions).map(|_| Sums::new()).collect(), shares: Sums::new() }
    }

    /// Adds the rated rows of some chunks.
    pub(super) fn add(&mut self, writer: &Writer, chunks: &[Chunk]) -> Result<()> {
        let parts = self.lines.len();
        let sum = |(part, sums): (usize, &mut Sums<LineKey>)| add_lines(writer, chunks, (part, parts), sums);
        let numbered: Vec<_> = self.lines.iter_mut().enumerate().collect();
        parallel::map(numbered, parts < 2, sum).into_iter().collect::<Result<()>>()?;
        let shares = parallel::map(chunks, chunks.len() < 2, |chunk| share_sums(writer, chunk));
        let shares = shares.into_iter().collect::<Result<Vec<_>>>()?;
        shares.into_iter().flatten().try_for_each(|(key, sum)| self.shares.add(key, sum.amount, sum.records).map(drop))
    }

    /// Line sums and share sums, in order of their keys.
    pub(super) fn finish(self, writer: &Writer) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>)> {
        let mut lines: Vec<(LineKey, Sum)> = self.lines.into_iter().flat_map(Sums::into_inner).collect();
        lines.sort_unstable_by_key(|entry| entry.0);
        let mut shares = self.shares.into_inner();
        shares.sort_unstable_by_key(|entry| entry.0);
        Ok((vec![writer.line_sum_batch(&lines)?], vec![writer.share_sum_batch(&shares)?]))
    }
}

fn add_lines(writer: &Writer, chunks: &[Chunk], (part, parts): (usize, usize), sums: &mut Sums<LineKey>) -> Result<()> {
    for chunk in chunks {
        add_lane_lines(writer, &chunk.lane, (part, parts), sums)?;
        for row in (0..chunk.held.len()).filter(|&row| chunk.is_rated(row)) {
            let held = chunk.held[row];
            if partition_of(held.account, parts) != part {
                continue;
            }
            let month = writer.billed_month(chunk.month[row]).cast_unsigned();
            let place = chunk.places[row];
            let drafts = &chunk.work[place.work as usize].drafts;
            for at in (place.first as usize..(place.first + place.count) as usize).filter(|&at| drafts.tariff[at] == 0)
            {
                let subscription = held.subscription;
                let key =
                    (month, subscription, drafts.charge[at], drafts.version[at], chunk.zone[row], drafts.band[at]);
                sums.add(key, drafts.amount[at], 1)?;
            }
        }
    }
    Ok(())
}

fn add_lane_lines(writer: &Writer, lane: &Lane, (part, parts): (usize, usize), sums: &mut Sums<LineKey>) -> Result<()> {
    let mut block = Vec::with_capacity(BLOCK);
    for at in (0..lane.len()).filter(|&at| partition_of(lane.account[at], parts) == part) {
        let charge = &writer.engine.compiled.lanes.charges[lane.charge[at] as usize];
        let month = writer.billed_month(lane.month[at]).cast_unsigned();
        let key = (month, lane.subscription[at], charge.charge, charge.version, lane.zone[at], lane.band[at]);
        block.push((key, lane.amount[at]));
        if block.len() == BLOCK {
            sums.add_all(&block)?;
            block.clear();
        }
    }
    sums.add_all(&block)
}

/// Lines that are added together.
const BLOCK: usize = 16;

fn add_lane_shares(writer: &Writer, lane: &Lane, sums: &mut Sums<ShareKey>) -> Result<()> {
    let mut parts_of_line = Vec::new();
    // Where the shares of the line before went, in their order: those of the next mostly go there too.
    let mut places: Vec<usize> = Vec::new();
    for at in 0..lane.len() {
        let mut number = 0;
        let charge = &writer.engine.compiled.lanes.charges[lane.charge[at] as usize];
        let (account, month) = (lane.account[at], writer.billed_month(lane.month[at]).cast_unsigned());
        for &(agreement, version) in lane.sharing(at) {
            let parts = writer.split_lane(lane, at, (agreement, version), &mut parts_of_line)?;
            let flows = &writer.engine.compiled.agreements[agreement as usize].versions[version as usize].flows;
            for (part, &amount) in parts.parts.iter().zip(&parts_of_line).filter(|(part, _)| part.is_shared) {
                let of_owner = |who: Who| if who == Who::AccountOwner { account } else { NONE };
                let by_subscription = flows[part.flow as usize].by_subscription;
                let subscription = if by_subscription { lane.subscription[at] } else { NONE };
                let parties = (writer.who(part.payer, account), writer.who(part.payee, account));
                let accounts = (of_owner(part.payer), of_owner(part.payee));
                let (payer, payee) = parties;
                let key = (
                    month,
                    agreement,
                    version,
                    part.flow,
                    payer,
                    payee,
                    accounts.0,
                    accounts.1,
                    subscription,
                    charge.plan,
                );
                match places.get(number) {
                    Some(&place) if sums.key(place) == Some(&key) => sums.add_at(place, amount, 1)?,
                    _ => {
                        let place = sums.add(key, amount, 1)?;
                        places.resize(places.len().max(number + 1), place);
                        places[number] = place;
                    }
                }
                number += 1;
            }
        }
    }
    Ok(())
}

fn share_sums(writer: &Writer, chunk: &Chunk) -> Result<Vec<(ShareKey, Sum)>> {
    let compiled = &writer.engine.compiled;
    let mut sums = Sums::new();
    add_lane_shares(writer, &chunk.lane, &mut sums)?;
    for work in &chunk.work {
        let shares = &work.shares;
        for at in 0..shares.len() {
            let row = work.drafts.row[shares.line[at] as usize] as usize;
            if !chunk.is_rated(row) {
                continue;
            }
            let held = chunk.held[row];
            let (agreement, version, flow) = (shares.agreement[at], shares.version[at], shares.flow[at]);
            let flows = &compiled.agreements[agreement as usize].versions[version as usize].flows;
            let terms = &flows[flow as usize];
            let account = |is_owner: bool| if is_owner { held.account } else { NONE };
            let subscription = if terms.by_subscription { held.subscription } else { NONE };
            let month = writer.billed_month(chunk.month[row]).cast_unsigned();
            let (payer, payee) = (shares.payer[at], shares.payee[at]);
            let accounts = (account(terms.payer == Role::AccountOwner), account(shares.to_owner[at]));
            let key = (month, agreement, version, flow, payer, payee, accounts.0, accounts.1, subscription, held.plan);
            sums.add(key, shares.amount[at], 1)?;
        }
    }
    Ok(sums.into_inner())
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
            write::dictionary(
                each(&mut |key| dictionaries.currency_codes[charge(key).plan as usize]),
                &dictionaries.currencies,
            )?,
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
            write::dictionary(each(&|key| dictionaries.currency_codes[key.9 as usize]), &dictionaries.currencies)?,
            write::decimals(sums.iter().map(|(_, sum)| sum.amount).collect())?,
        ];
        batch(&schema::SHARE_SUMS, columns)
    }
}
