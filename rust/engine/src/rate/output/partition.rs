//! The sums of one partition of accounts: of their lines, and of the shares of these.

use std::borrow::Cow;

use super::Writer;
use super::alike::{Stem, alike};
use super::lane::not_split;
use super::own::OwnSums;
use super::sums::{LineKey, ShareKey};
use super::tally::{Summed, Sums};
use crate::compile::Role;
use crate::error::Result;
use crate::rate::chunk::{Chunk, partition_of};
use crate::rate::lane::Lane;
use crate::split::{Part, Parts, Who};
use crate::subscriber::{NONE, Subscribers};

/// Sums so far.
#[derive(Default)]
pub struct PartitionSums {
    lines: Sums<LineKey>,
    shares: Sums<ShareKey>,
    /// Shares of lanes that single accounts or subscriptions have.
    own: OwnSums,
    /// What lines are split into, to be filled again.
    columns: Vec<Vec<i64>>,
}

/// A part of lines that makes shares.
struct Shared {
    /// Its place among the parts.
    number: usize,
    /// The share of the first line.
    share: ShareKey,
    /// What all shares have in common, where accounts or subscriptions have their own.
    stem: Option<Stem>,
    /// Whether it is the line itself.
    is_line: bool,
}

impl PartitionSums {
    /// All sums of lines, and of shares: a key may come twice.
    pub fn into_inner(self, subscribers: &Subscribers) -> (Summed<LineKey>, Summed<ShareKey>) {
        let mut shares = self.shares.into_inner();
        shares.extend(self.own.into_inner(subscribers));
        (self.lines.into_inner(), shares)
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

    /// Splits the lines of a lane that have these places, those that are alike together.
    fn add_lane_shares(&mut self, writer: &Writer, lane: &Lane, mine: &[u16]) -> Result<()> {
        for alike in alike(lane, mine) {
            let first = usize::from(alike[0]);
            for &agreement in lane.sharing(first) {
                let parts = writer.parts(agreement)?;
                let (narrow, amounts, wide) = narrow(lane, &alike, parts.narrow_to);
                let shared = parts.parts.iter().enumerate().filter(|(_, part)| part.is_shared);
                let shared = shared.map(|(number, part)| {
                    let share = lane_share(writer, (lane, first), agreement, part);
                    Shared { number, share, stem: Stem::of(part, share), is_line: parts.is_line(part) }
                });
                let shared: Vec<_> = shared.collect();
                let decimals = writer.lane_charge(lane.mark_of(first)).whole.decimals();
                let is_exact = parts.are_exact(decimals) && shared.iter().all(|one| one.stem.is_none() || one.is_line);
                if !(is_exact && self.add_exact(lane, parts, &shared, (&narrow, &amounts))?) {
                    if parts.split_all(&amounts, &mut self.columns).is_none() {
                        return Err(not_split());
                    }
                    shared.iter().try_for_each(|one| self.add_column(lane, one, &narrow))?;
                }
                self.add_singly(writer, lane, agreement, &wide)?;
            }
        }
        Ok(())
    }

    /// Adds the parts of what lines come to, where they are exact; false, and nothing is added, if that sum cannot be
    /// split.
    fn add_exact(
        &mut self,
        lane: &Lane,
        parts: &Parts,
        shared: &[Shared],
        (places, amounts): (&[u16], &[i64]),
    ) -> Result<bool> {
        let mut sums = Vec::new();
        if parts.split(amounts.iter().map(|&amount| i128::from(amount)).sum(), &mut sums).is_none() {
            return Ok(false);
        }
        for one in shared {
            match one.stem {
                None => _ = self.shares.add(one.share, sums[one.number], places.len().cast_signed() as i64)?,
                Some(stem) => self.own.add_all(stem, lane, places, amounts)?,
            }
        }
        Ok(true)
    }

    /// Adds a column of shares to one sum, or each to its own where they have but a stem in common.
    fn add_column(&mut self, lane: &Lane, one: &Shared, places: &[u16]) -> Result<()> {
        let column = &self.columns[one.number];
        let Some(stem) = one.stem else {
            let sum = column.iter().map(|&amount| i128::from(amount)).sum();
            return self.shares.add(one.share, sum, places.len().cast_signed() as i64).map(|_| ());
        };
        self.own.add_all(stem, lane, places, column)
    }

    /// The shares of lines whose amounts have too many digits to be split by column.
    fn add_singly(&mut self, writer: &Writer, lane: &Lane, agreement: (u32, u32), places: &[u16]) -> Result<()> {
        let mut amounts = Vec::new();
        for at in places.iter().map(|&place| usize::from(place)) {
            let parts = writer.split_lane(lane, at, agreement, &mut amounts)?;
            for (part, &amount) in parts.parts.iter().zip(&amounts).filter(|(part, _)| part.is_shared) {
                self.shares.add(lane_share(writer, (lane, at), agreement, part), amount, 1)?;
            }
        }
        Ok(())
    }
}

/// Those of some lines whose amounts are not above `most`, with their amounts; and the other lines.
fn narrow<'a>(lane: &Lane, places: &'a [u16], most: i64) -> (Cow<'a, [u16]>, Vec<i64>, Vec<u16>) {
    let range = 0..=i128::from(most);
    let mut are_narrow = true;
    let amount = |&place: &u16| {
        let amount = lane.amount[usize::from(place)];
        are_narrow &= range.contains(&amount);
        amount as i64
    };
    let amounts = places.iter().map(amount).collect();
    // All mostly are.
    if are_narrow {
        return (Cow::Borrowed(places), amounts, Vec::new());
    }
    let is_narrow = |&&place: &&u16| range.contains(&lane.amount[usize::from(place)]);
    let (narrow, wide): (Vec<u16>, Vec<u16>) = places.iter().partition(is_narrow);
    let amounts = narrow.iter().map(|&place| lane.amount[usize::from(place)] as i64).collect();
    (Cow::Owned(narrow), amounts, wide)
}

#[inline]
fn lane_line(writer: &Writer, lane: &Lane, at: usize) -> (LineKey, i128) {
    let mark = lane.mark_of(at);
    let charge = &writer.engine.compiled.lanes.charges[mark.charge as usize];
    let month = writer.billed_month(mark.month).cast_unsigned();
    ((month, lane.subscription[at], charge.charge, charge.version, lane.zone_of(at), lane.band_of(at)), lane.amount[at])
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
    let mark = lane.mark_of(at);
    let month = writer.billed_month(mark.month).cast_unsigned();
    let currency = writer.currency(compiled.lanes.charges[mark.charge as usize].plan).cast_unsigned();
    let accounts = (of_owner(part.payer), of_owner(part.payee));
    (month, agreement, version, part.flow, payer, payee, accounts.0, accounts.1, subscription, currency)
}
