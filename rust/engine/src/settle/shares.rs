//! The shares of a period with their names as codes: what flows of the period are computed from, and are added to.

use crate::basis::Group;
use crate::compile::Compiled;
use crate::error::{Error, Result};
use crate::names::Names;
use crate::subscriber::NONE;
use crate::sums::{Sums, share};

/// One flow's sum between two parties.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    pub agreement: usize,
    pub version: usize,
    pub flow: usize,
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
            shares.rows.push(Share { agreement, version, flow, group, amount: row.amount });
        }
        Ok(shares)
    }
}

/// The code in `into` of each name.
fn codes(names: &Names, into: &mut Names) -> Vec<u32> {
    names.all().iter().map(|name| into.intern(name)).collect()
}

fn agreements(compiled: &Compiled, names: &Names) -> Result<Vec<usize>> {
    let place = |name: &String| {
        let found = compiled.agreements.iter().position(|agreement| agreement.id == *name);
        found.ok_or_else(|| Error::UsageSchema(format!("share sums: no agreement {name:?} in the terms")))
    };
    names.all().iter().map(place).collect()
}

fn place(compiled: &Compiled, agreement: usize, version: i32, flow: &str) -> Result<(usize, usize)> {
    let unknown = || Error::UsageSchema(format!("share sums: no flow {flow:?} in version {version} of its agreement"));
    let agreement = compiled.agreements.get(agreement).ok_or_else(unknown)?;
    let version = usize::try_from(version).map_err(|_| unknown())?;
    let flows = &agreement.versions.get(version).ok_or_else(unknown)?.flows;
    Ok((version, flows.iter().position(|own| own.id == flow).ok_or_else(unknown)?))
}
