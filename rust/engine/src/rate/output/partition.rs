//! The sums of one partition of accounts: of their lines, and of the shares of these.

use super::Writer;
use super::sums::{LineKey, ShareKey};
use super::tally::{Summed, Sums};
use crate::compile::Role;
use crate::error::Result;
use crate::rate::chunk::{Chunk, partition_of};
use crate::rate::lane::Lane;
use crate::split::{Part, Who};
use crate::subscriber::NONE;

/// Sums so far.
#[derive(Default)]
pub struct PartitionSums {
    lines: Sums<LineKey>,
    shares: Sums<ShareKey>,
}

impl PartitionSums {
    /// All sums of lines, and of shares.
    pub fn into_inner(self) -> (Summed<LineKey>, Summed<ShareKey>) {
        (self.lines.into_inner(), self.shares.into_inner())
    }

    /// Adds the rated rows of some chunks whose accounts are in this partition, of so many: those of each lane that have
    /// these places, and those beside it.
    pub fn add<'a>(
        &mut self,
        writer: &Writer,
        chunks: impl Iterator<Item = (&'a Chunk, &'a [u16])>,
        (number, of): (usize, usize),
    ) -> Result<()> {
        let is_mine = |account: u32| partition_of(account, of) == number;
        for (chunk, mine) in chunks {
            let lane = &chunk.lane;
            if writer.options.line_sums {
                self.lines.add_all(mine.iter().map(|&at| lane_line(writer, lane, usize::from(at))))?;
                self.add_lines(writer, chunk, is_mine)?;
            }
            if writer.options.share_sums {
                self.add_lane_shares(writer, lane, mine)?;
                self.add_shares(writer, chunk, is_mine)?;
            }
        }
        Ok(())
    }

    fn add_lines(&mut self, writer: &Writer, chunk: &Chunk, is_mine: impl Fn(u32) -> bool) -> Result<()> {
        for row in (0..chunk.held.len()).filter(|&row| chunk.is_rated(row) && is_mine(chunk.held[row].account)) {
            let subscription = chunk.held[row].subscription;
            let month = writer.billed_month(chunk.month[row]).cast_unsigned();
            let place = chunk.places[row];
            let drafts = &chunk.work[place.work as usize].drafts;
            let all = place.first as usize..(place.first + place.count) as usize;
            for at in all.filter(|&at| drafts.tariff[at] == 0) {
                let key =
                    (month, subscription, drafts.charge[at], drafts.version[at], chunk.zone[row], drafts.band[at]);
                self.lines.add(key, drafts.amount[at], 1)?;
            }
        }
        Ok(())
    }

    fn add_shares(&mut self, writer: &Writer, chunk: &Chunk, is_mine: impl Fn(u32) -> bool) -> Result<()> {
        let compiled = &writer.engine.compiled;
        for work in &chunk.work {
            let shares = &work.shares;
            for at in 0..shares.len() {
                let row = work.drafts.row[shares.line[at] as usize] as usize;
                let held = chunk.held[row];
                if !chunk.is_rated(row) || !is_mine(held.account) {
                    continue;
                }
                let (agreement, version, flow) = (shares.agreement[at], shares.version[at], shares.flow[at]);
                let flows = &compiled.agreements[agreement as usize].versions[version as usize].flows;
                let terms = &flows[flow as usize];
                let account = |is_owner: bool| if is_owner { held.account } else { NONE };
                let subscription = if terms.by_subscription { held.subscription } else { NONE };
                let month = writer.billed_month(chunk.month[row]).cast_unsigned();
                let (payer, payee) = (shares.payer[at], shares.payee[at]);
                let accounts = (account(terms.payer == Role::AccountOwner), account(shares.to_owner[at]));
                let currency = writer.currency(held.plan).cast_unsigned();
                let key =
                    (month, agreement, version, flow, payer, payee, accounts.0, accounts.1, subscription, currency);
                self.shares.add(key, shares.amount[at], 1)?;
            }
        }
        Ok(())
    }

    fn add_lane_shares(&mut self, writer: &Writer, lane: &Lane, mine: &[u16]) -> Result<()> {
        let mut amounts = Vec::new();
        // What differs from account to account is added together, for its memory must be asked for.
        let mut scattered = Vec::new();
        let mut near: Vec<Near> = (0..NEAR).map(|_| Near::default()).collect();
        for at in mine.iter().map(|&at| usize::from(at)).filter(|&at| !lane.sharing(at).is_empty()) {
            let near = &mut near[lane.charge[at] as usize % NEAR];
            let line = Some((lane.charge[at], lane.month[at], lane.set[at]));
            if near.line != line {
                *near = Near { line, places: self.places(writer, lane, at)? };
            }
            let mut places = near.places.iter();
            for &agreement in lane.sharing(at) {
                let parts = writer.split_lane(lane, at, agreement, &mut amounts)?;
                let shared = parts.parts.iter().zip(&amounts).filter(|(part, _)| part.is_shared);
                for ((part, &amount), place) in shared.zip(&mut places) {
                    match place {
                        Some(place) => self.shares.add_at(*place, amount, 1)?,
                        None => scattered.push((lane_share(writer, (lane, at), agreement, part), amount)),
                    }
                }
            }
        }
        self.shares.add_all(scattered.into_iter())
    }

    /// Where the shares of a line go, in their order; none for those that differ from account to account.
    fn places(&mut self, writer: &Writer, lane: &Lane, at: usize) -> Result<Vec<Option<usize>>> {
        let mut places = Vec::new();
        for &agreement in lane.sharing(at) {
            for part in writer.parts(agreement)?.parts.iter().filter(|part| part.is_shared) {
                let key = lane_share(writer, (lane, at), agreement, part);
                let differs = key.6 != NONE || key.7 != NONE || key.8 != NONE;
                places.push(if differs { None } else { Some(self.shares.add(key, 0, 0)?) });
            }
        }
        Ok(places)
    }
}

/// Where the shares of some lines go, all of one charge, month and set of agreements.
#[derive(Default)]
struct Near {
    line: Option<(u32, i32, u32)>,
    places: Vec<Option<usize>>,
}

/// How many of them are remembered.
const NEAR: usize = 64;

#[inline]
fn lane_line(writer: &Writer, lane: &Lane, at: usize) -> (LineKey, i128) {
    let charge = &writer.engine.compiled.lanes.charges[lane.charge[at] as usize];
    let month = writer.billed_month(lane.month[at]).cast_unsigned();
    ((month, lane.subscription[at], charge.charge, charge.version, lane.zone[at], lane.band[at]), lane.amount[at])
}

/// What the share of a part of a line is added to.
#[inline]
fn lane_share(writer: &Writer, (lane, at): (&Lane, usize), (agreement, version): (u32, u32), part: &Part) -> ShareKey {
    let compiled = &writer.engine.compiled;
    let flows = &compiled.agreements[agreement as usize].versions[version as usize].flows;
    let account = lane.account[at];
    let of_owner = |who: Who| if who == Who::AccountOwner { account } else { NONE };
    let subscription = if flows[part.flow as usize].by_subscription { lane.subscription[at] } else { NONE };
    let (payer, payee) = (writer.who(part.payer, lane, at), writer.who(part.payee, lane, at));
    let month = writer.billed_month(lane.month[at]).cast_unsigned();
    let currency = writer.currency(compiled.lanes.charges[lane.charge[at] as usize].plan).cast_unsigned();
    let accounts = (of_owner(part.payer), of_owner(part.payee));
    (month, agreement, version, part.flow, payer, payee, accounts.0, accounts.1, subscription, currency)
}
