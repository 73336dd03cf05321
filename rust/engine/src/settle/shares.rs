//! The shares of a period with their names as codes: what flows of the period are computed from, and are added to.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch};

use crate::basis::Group;
use crate::compile::{Compiled, Flow};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::names::Names;
use crate::output::{NameColumn, batch, decimals, dictionary, nulls};
use crate::schema::SHARES;
use crate::subscriber::NONE;
use crate::sums::{Sums, share};

/// One flow's sum between two parties; or that part of it that a guarantee adds to what was measured.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    pub agreement: usize,
    pub version: usize,
    pub flow: usize,
    pub true_up: bool,
    pub group: Group,
    pub amount: i128,
}

/// The names that shares speak of.
#[derive(Debug, Default)]
pub struct Cast {
    pub parties: Names,
    pub accounts: Names,
    pub subscriptions: Names,
    pub currencies: Names,
}

/// All shares of a period.
#[derive(Debug, Default)]
pub struct Shares {
    pub cast: Cast,
    pub rows: Vec<Share>,
}

impl Shares {
    /// Share sums as shares of the terms' flows.
    pub fn new(compiled: &Compiled, sums: &Sums<9>) -> Result<Self> {
        let mut shares = Self::default();
        let cast = &mut shares.cast;
        let payers = codes(&sums.names[share::PAYER], &mut cast.parties);
        let payees = codes(&sums.names[share::PAYEE], &mut cast.parties);
        let payer_accounts = codes(&sums.names[share::PAYER_ACCOUNT], &mut cast.accounts);
        let payee_accounts = codes(&sums.names[share::PAYEE_ACCOUNT], &mut cast.accounts);
        let subscriptions = codes(&sums.names[share::SUBSCRIPTION], &mut cast.subscriptions);
        let currencies = codes(&sums.names[share::CURRENCY], &mut cast.currencies);
        let agreements = agreements(compiled, &sums.names[share::AGREEMENT])?;
        for row in &sums.rows {
            let code = |codes: &[u32], column: usize| codes.get(row.texts[column] as usize).copied().unwrap_or(NONE);
            let group = Group {
                payer: code(&payers, share::PAYER),
                payee: code(&payees, share::PAYEE),
                payer_account: code(&payer_accounts, share::PAYER_ACCOUNT),
                payee_account: code(&payee_accounts, share::PAYEE_ACCOUNT),
                subscription: code(&subscriptions, share::SUBSCRIPTION),
                currency: code(&currencies, share::CURRENCY),
            };
            if group.payer == NONE || group.payee == NONE || group.currency == NONE {
                return Err(Error::UsageSchema("share sums: payer, payee and currency may not be null".into()));
            }
            let agreement = agreements.get(row.texts[share::AGREEMENT] as usize).copied().unwrap_or(usize::MAX);
            let flow = sums.text(row, share::FLOW).unwrap_or_default();
            let (version, flow) = place(compiled, agreement, row.version, flow)?;
            shares.rows.push(Share { agreement, version, flow, true_up: false, group, amount: row.amount });
        }
        Ok(shares)
    }

    /// The shares from `first` on that are paid, as a table: by agreement, flow as written, and the names of the
    /// parties.
    pub fn table(&self, engine: &Engine, first: usize, period: &str) -> Result<RecordBatch> {
        let rows = self.rows.get(first..).unwrap_or_default();
        let is_paid = |share: &&Share| share.flow_of(engine).is_some_and(Flow::is_paid);
        let mut ordered: Vec<&Share> = rows.iter().filter(is_paid).collect();
        let written = |share: &Share| share.flow_of(engine).map_or(usize::MAX, |flow| flow.written);
        ordered.sort_by_key(|share| (share.agreement, written(share), self.cast.names(&share.group), share.true_up));
        let mut names: [NameColumn; 6] = Default::default();
        for share in &ordered {
            let agreement = engine.compiled.agreements.get(share.agreement).map(|agreement| agreement.id.as_str());
            let flow = share.flow_of(engine).map(|flow| flow.item(share.true_up));
            let [payer, payee, subscription, currency] = self.cast.names(&share.group);
            let texts = [subscription, agreement, flow, payer, payee, currency];
            names.iter_mut().zip(texts).for_each(|(column, text)| column.push(text));
        }
        let [subscription, agreement, flow, payer, payee, currency] = names;
        let version = ordered.iter().map(|share| i32::try_from(share.version).unwrap_or(i32::MAX));
        let columns: Vec<ArrayRef> = vec![
            nulls(&SHARES, "line_id", ordered.len())?,
            dictionary(&Names::new([period]), &vec![0; ordered.len()])?,
            subscription.finish()?,
            agreement.finish()?,
            Arc::new(version.collect::<Int32Array>()),
            flow.finish()?,
            payer.finish()?,
            payee.finish()?,
            decimals(ordered.iter().map(|share| share.amount).collect())?,
            currency.finish()?,
        ];
        batch(&SHARES, columns)
    }
}

impl Share {
    fn flow_of(self, engine: &Engine) -> Option<&Flow> {
        engine.compiled.agreements.get(self.agreement)?.versions.get(self.version)?.flows.get(self.flow)
    }
}

impl Cast {
    /// Payer, payee, subscription and currency of a group.
    fn names(&self, group: &Group) -> [Option<&str>; 4] {
        let parties = [group.payer, group.payee].map(|party| self.parties.name(party));
        [parties[0], parties[1], self.subscriptions.name(group.subscription), self.currencies.name(group.currency)]
    }
}

/// The code in `into` of each name.
fn codes(names: &Names, into: &mut Names) -> Vec<u32> {
    names.all().map(|name| into.intern(name)).collect()
}

fn agreements(compiled: &Compiled, names: &Names) -> Result<Vec<usize>> {
    let place = |name: &str| {
        let found = compiled.agreements.iter().position(|agreement| agreement.id == name);
        found.ok_or_else(|| lost(format!("agreements.{name}")))
    };
    names.all().map(place).collect()
}

/// Shares are settled by the terms under which they were shared.
fn lost(path: String) -> Error {
    Error::catalog(path, "is not in the catalog, but lines of the period were shared under it: add it again")
}

fn place(compiled: &Compiled, agreement: usize, version: i32, flow: &str) -> Result<(usize, usize)> {
    let agreement = compiled.agreements.get(agreement).ok_or_else(|| Error::Internal("no agreement".into()))?;
    let unknown = || lost(format!("agreements.{}.flows.{flow} (version {version})", agreement.id));
    let version = usize::try_from(version).map_err(|_| unknown())?;
    let flows = &agreement.versions.get(version).ok_or_else(unknown)?.flows;
    Ok((version, flows.iter().position(|own| own.id == flow).ok_or_else(unknown)?))
}
