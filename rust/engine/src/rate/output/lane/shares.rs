//! Shares of the lines of a lane.

use arrow_array::RecordBatch;

use crate::column::write;
use crate::error::{Error, Result};
use crate::identity;
use crate::rate::chunk::Chunk;
use crate::rate::lane::Lane;
use crate::rate::output::constant::Column;
use crate::rate::output::{Identities, Writer, batch};
use crate::schema;
use crate::split::{Parts, Who};
use crate::subscriber::NONE;

impl Writer<'_> {
    /// The shares of the lines of a chunk's lane.
    pub(in crate::rate::output) fn lane_shares(&self, chunk: &Chunk, identities: &Identities) -> Result<RecordBatch> {
        let (lane, compiled, dictionaries) = (&chunk.lane, &self.engine.compiled, &self.engine.dictionaries);
        let most = lane.len() * 3;
        let (mut ids, mut places) = (Vec::with_capacity(most * 16), Vec::with_capacity(most));
        let (mut amounts, mut flows) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let (mut payers, mut payees) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let (mut agreements, mut versions) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let mut parts_of_line = Vec::new();
        for at in 0..lane.len() {
            for &(agreement, version) in lane.sharing(at) {
                let parts = self.split_lane(lane, at, (agreement, version), &mut parts_of_line)?;
                let id =
                    identity::line(identities.get(&chunk.rows, lane.row[at] as usize), self.print(lane.mark_of(at)));
                let flow_codes = &dictionaries.flow_codes[agreement as usize][version as usize];
                for (part, amount) in parts.paid.iter().map(|&place| (&parts.parts[place], parts_of_line[place])) {
                    ids.extend_from_slice(&id);
                    places.push(at as u32);
                    amounts.push(amount);
                    flows.push(flow_codes[part.flow as usize]);
                    payers.push(self.who(part.payer, lane, at).cast_signed());
                    payees.push(self.who(part.payee, lane, at).cast_signed());
                    agreements.push(agreement.cast_signed());
                    versions.push(version.cast_signed());
                }
            }
        }
        let each = |code: &dyn Fn(usize) -> i32| places.iter().map(|&at| code(at as usize)).collect::<Vec<_>>();
        let currency = |at: usize| self.currency(compiled.lanes.charges[lane.mark_of(at).charge as usize].plan);
        let columns = vec![
            write::ids(ids)?,
            self.coded(Column::Month, each(&|at| self.billed_month(lane.mark_of(at).month)))?,
            write::dictionary(each(&|at| lane.subscription[at].cast_signed()), &dictionaries.subscriptions)?,
            self.coded(Column::Agreement, agreements)?,
            self.coded(Column::Version, versions)?,
            self.coded(Column::Flow, flows)?,
            self.coded(Column::Party, payers)?,
            self.coded(Column::Party, payees)?,
            write::plain_decimals(amounts)?,
            self.coded(Column::Currency, each(&currency))?,
        ];
        batch(&schema::SHARES, columns)
    }

    /// The parts of a line; that there are such was asked before it was rated.
    #[inline]
    pub(in crate::rate::output) fn split_lane(
        &self,
        lane: &Lane,
        at: usize,
        agreement: (u32, u32),
        into: &mut Vec<i128>,
    ) -> Result<&Parts> {
        let parts = self.parts(agreement)?;
        parts.split(lane.amount[at], into).map(|()| parts).ok_or_else(not_split)
    }

    /// What an agreement makes of lines in lanes.
    #[inline]
    pub(in crate::rate::output) fn parts(&self, agreement: (u32, u32)) -> Result<&Parts> {
        let parts = self.engine.compiled.lanes.parts(agreement);
        parts.ok_or_else(|| Error::Internal("a line in a lane has no parts".into()))
    }

    /// The party that pays or is paid for a line.
    #[inline]
    pub(in crate::rate::output) fn who(&self, who: Who, lane: &Lane, at: usize) -> u32 {
        let compiled = &self.engine.compiled;
        match who {
            Who::Party(party) => party,
            Who::AccountOwner => self.engine.subscribers.accounts.owner[lane.account[at] as usize],
            // Plans whose seller is not a party's have no lane.
            Who::Seller => {
                let charge = &compiled.lanes.charges[lane.mark_of(at).charge as usize];
                compiled.plans[charge.plan as usize].seller.unwrap_or(NONE)
            }
        }
    }
}

/// A promise of the lane that is broken.
#[cold]
pub(in crate::rate::output) fn not_split() -> Error {
    Error::Internal("a line in a lane cannot be split".into())
}
