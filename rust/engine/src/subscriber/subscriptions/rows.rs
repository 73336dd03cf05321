//! The rows of a table of subscriptions.

use arrow_array::RecordBatch;

use crate::clock::TimeZone;
use crate::column::Text;
use crate::error::Result;
use crate::names::Names;
use crate::subscriber::read::{Columns, Moments, Problems, Wholes, ahead};
use crate::subscriber::{Context, EVER, Held, Holding, NONE, Subscribers};

/// What the first row of a subscription says of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::subscriber) struct Terms {
    pub account: u32,
    pub sold_by: u32,
    pub introduced_by: u32,
    pub priority: i64,
    pub billed_until: i64,
}

/// The name of the table.
pub(in crate::subscriber) const TABLE: &str = "subscriptions";

/// The columns of a table of subscriptions: subscription, account, plan; optional from, until, `sold_by`,
/// `introduced_by`, priority, `billed_until`.
pub(in crate::subscriber) struct Rows<'a> {
    context: &'a Context<'a>,
    id: Text,
    account: Text,
    plan: Text,
    sold_by: Text,
    introduced_by: Text,
    priority: Wholes,
    from: Moments,
    until: Moments,
    billed_until: Moments,
    pub columns: Columns<'a>,
    pub count: usize,
}

impl<'a> Rows<'a> {
    pub(in crate::subscriber) fn read(context: &'a Context<'a>, table: &'a RecordBatch) -> Result<Self> {
        let columns = Columns { table, name: TABLE };
        Ok(Self {
            context,
            id: columns.text("subscription")?,
            account: columns.text("account")?,
            plan: columns.text("plan")?,
            sold_by: columns.optional_text("sold_by")?,
            introduced_by: columns.optional_text("introduced_by")?,
            priority: columns.wholes("priority")?,
            from: columns.moments("from")?,
            until: columns.moments("until")?,
            billed_until: columns.moments("billed_until")?,
            columns,
            count: table.num_rows(),
        })
    }

    pub(in crate::subscriber) fn dates(&self) -> [bool; 3] {
        [&self.from, &self.until, &self.billed_until].map(Moments::are_dates)
    }

    /// The id of a row, whatever else it has.
    pub(in crate::subscriber) fn id(&self, row: usize) -> Option<&str> {
        self.id.get(row)
    }

    /// Asks for what leads to the id and the account of a row some rows after this one.
    pub(in crate::subscriber) fn expect(&self, row: usize, names: &Names, all: &Subscribers) {
        if let Some(id) = ahead(&self.id, row, self.count) {
            names.expect(id);
        }
        if let Some(account) = ahead(&self.account, row, self.count) {
            all.accounts.names.expect(account);
        }
    }

    /// The id, account and plan of a row that has them, and knows them.
    pub(in crate::subscriber) fn known(
        &self,
        row: usize,
        all: &Subscribers,
        problems: &mut Problems,
    ) -> Option<(&str, u32, u32)> {
        let (Some(id), Some(account), Some(plan)) = (self.id.get(row), self.account.get(row), self.plan.get(row))
        else {
            problems.add(TABLE, row, "subscription, account and plan may not be null".into());
            return None;
        };
        let Some(account) = all.accounts.names.code(account) else {
            problems.add(TABLE, row, format!("no account {account:?}"));
            return None;
        };
        let Some(plan) = self.context.plans.code(plan) else {
            problems.add(TABLE, row, format!("no plan {plan:?}"));
            return None;
        };
        Some((id, account, plan))
    }

    fn clock(&self, all: &Subscribers, account: u32) -> &'a TimeZone {
        &self.context.clocks[all.accounts.clock[account as usize] as usize]
    }

    /// What a row says of its subscription.
    pub(in crate::subscriber) fn terms(&self, row: usize, account: u32, all: &mut Subscribers) -> Terms {
        let clock = self.clock(all, account);
        Terms {
            account,
            sold_by: self.sold_by.get(row).map_or(NONE, |name| all.parties.intern(name)),
            introduced_by: self.introduced_by.get(row).map_or(NONE, |name| all.parties.intern(name)),
            priority: self.priority.get(row).unwrap_or(0),
            billed_until: self.billed_until.instant(row, clock).unwrap_or(i64::MIN),
        }
    }

    /// The plan that a row's subscription has, and when. Its place is the row's, until it is given its own.
    pub(in crate::subscriber) fn holding(
        &self,
        row: usize,
        at: Held,
        all: &Subscribers,
        problems: &mut Problems,
    ) -> Holding {
        let clock = self.clock(all, at.account);
        let from = self.from.instant(row, clock).unwrap_or(EVER.0);
        let until = self.until.instant(row, clock).unwrap_or(EVER.1);
        if from > until {
            let id = self.id(row).unwrap_or_default();
            problems.add(TABLE, row, format!("subscription {id:?} ends before it begins"));
        }
        all.holding(self.context, Held { holding: u32::try_from(row).unwrap_or(NONE), ..at }, (from, until))
    }
}
