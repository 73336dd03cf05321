//! Accounts: where a party is billed or paid.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::read::{Columns, Problems, Wholes, ahead};
use super::{Context, NONE, PAYMENT_DAYS, Subscribers};
use crate::column::Text;
use crate::error::Result;
use crate::interrupt::check_at;
use crate::names::Names;
use crate::patches::{Column, Patches};

/// One account.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub owner: u32,
    pub currency: u32,
    pub clock: u32,
    pub cycle: u32,
    pub territory: u32,
    pub payment_days: i32,
}

/// All accounts; a code is a row.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub names: Names,
    /// Party code of the owner.
    pub owner: Column<u32, Account>,
    pub currency: Column<u32, Account>,
    pub clock: Column<u32, Account>,
    /// Index into `Subscribers::cycles`.
    pub cycle: Column<u32, Account>,
    pub territory: Column<u32, Account>,
    /// Days from the end of a period until its documents are due.
    pub payment_days: Column<i32, Account>,
    rows: Option<Arc<Patches<Account>>>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new(Names::default(), &[])
    }
}

impl Accounts {
    fn new(names: Names, rows: &[Account]) -> Self {
        Self {
            names,
            owner: Column::new(rows.iter().map(|row| row.owner).collect(), |row| &row.owner),
            currency: Column::new(rows.iter().map(|row| row.currency).collect(), |row| &row.currency),
            clock: Column::new(rows.iter().map(|row| row.clock).collect(), |row| &row.clock),
            cycle: Column::new(rows.iter().map(|row| row.cycle).collect(), |row| &row.cycle),
            territory: Column::new(rows.iter().map(|row| row.territory).collect(), |row| &row.territory),
            payment_days: Column::new(rows.iter().map(|row| row.payment_days).collect(), |row| &row.payment_days),
            rows: None,
        }
    }

    /// An account by its code.
    pub(super) fn get(&self, code: u32) -> Option<Account> {
        let at = code as usize;
        if let Some(row) = self.rows.as_ref().and_then(|rows| rows.get(at)) {
            return Some(*row);
        }
        Some(Account {
            owner: *self.owner.get(at)?,
            currency: *self.currency.get(at)?,
            clock: *self.clock.get(at)?,
            cycle: *self.cycle.get(at)?,
            territory: *self.territory.get(at)?,
            payment_days: *self.payment_days.get(at)?,
        })
    }

    /// The rows that are changed, to change more of them.
    pub(super) fn patches(&self) -> Patches<Account> {
        self.rows.as_ref().map_or_else(|| Patches::of(self.owner.len()), |rows| (**rows).clone())
    }

    /// The accounts with these rows changed.
    pub(super) fn patched(&self, rows: Patches<Account>) -> Self {
        let rows = Arc::new(rows);
        Self {
            names: self.names.clone(),
            owner: self.owner.patched(&rows),
            currency: self.currency.patched(&rows),
            clock: self.clock.patched(&rows),
            cycle: self.cycle.patched(&rows),
            territory: self.territory.patched(&rows),
            payment_days: self.payment_days.patched(&rows),
            rows: Some(rows),
        }
    }
}

/// The name of the table.
pub(super) const TABLE: &str = "accounts";

/// The columns of a table of accounts: account, owner, currency; optional zone, `cycle_day`, territory, `payment_days`.
pub(super) struct Rows<'a> {
    context: &'a Context<'a>,
    clocks: Names,
    id: Text,
    owner: Text,
    currency: Text,
    zone: Text,
    territory: Text,
    cycle_day: Wholes,
    payment_days: Wholes,
    pub count: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn read(context: &'a Context<'a>, table: &RecordBatch) -> Result<Self> {
        let columns = Columns { table, name: TABLE };
        Ok(Self {
            context,
            clocks: Names::new(context.clocks.iter().map(|clock| clock.name.as_str())),
            id: columns.text("account")?,
            owner: columns.text("owner")?,
            currency: columns.text("currency")?,
            zone: columns.optional_text("zone")?,
            territory: columns.optional_text("territory")?,
            cycle_day: columns.wholes("cycle_day")?,
            payment_days: columns.wholes("payment_days")?,
            count: table.num_rows(),
        })
    }

    /// The id of a row that has all it needs.
    pub(super) fn id(&self, row: usize, problems: &mut Problems) -> Option<&str> {
        let needed = (self.id.get(row), self.owner.get(row), self.currency.get(row));
        if let (Some(id), Some(_), Some(_)) = needed {
            return Some(id);
        }
        problems.add(TABLE, row, "account, owner and currency may not be null".into());
        None
    }

    /// The account of a row; its parties, currencies, territories and cycles become known.
    pub(super) fn account(&self, row: usize, known: &mut Subscribers, problems: &mut Problems) -> Account {
        let zone = self.zone.get(row).unwrap_or("UTC");
        let clock = self.clocks.code(zone).unwrap_or_else(|| {
            problems.add(TABLE, row, format!("the engine was given no transitions for time zone {zone:?}"));
            0
        });
        let day = self.cycle_day.get(row).unwrap_or(0).max(1);
        if !(1..=28).contains(&day) {
            problems.add(TABLE, row, format!("cycle_day {day} is not 1 to 28"));
        }
        Account {
            owner: known.parties.intern(self.owner.get(row).unwrap_or_default()),
            currency: known.currencies.intern(self.currency.get(row).unwrap_or_default()),
            clock,
            cycle: known.cycle(self.context, clock, day),
            payment_days: self.payment_days.get(row).unwrap_or(PAYMENT_DAYS),
            territory: self.territory.get(row).map_or(NONE, |name| known.territories.intern(name)),
        }
    }
}

impl Subscribers {
    pub(super) fn add_accounts(
        &mut self,
        context: &Context,
        table: &RecordBatch,
        problems: &mut Problems,
    ) -> Result<()> {
        let rows = Rows::read(context, table)?;
        let mut names = Names::with_capacity(rows.count);
        let mut found = Vec::with_capacity(rows.count);
        for row in 0..rows.count {
            check_at(row)?;
            let Some(id) = rows.id(row, problems) else { continue };
            if let Some(id) = ahead(&rows.id, row, rows.count) {
                names.expect(id);
            }
            if let Some(owner) = ahead(&rows.owner, row, rows.count) {
                self.parties.expect(owner);
            }
            if names.intern(id) as usize == found.len() {
                found.push(rows.account(row, self, problems));
            } else {
                problems.add(TABLE, row, format!("account {id:?} is there twice"));
            }
        }
        self.accounts = Accounts::new(names, &found);
        Ok(())
    }
}
