//! Members: what each flow pays from one account to another, exactly, and what dealing makes of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::basis::dealing::{dealt, sets};
use crate::basis::unpaid;
use crate::compile::{Basis, Compiled, Flow, Role};
use crate::document::{Accounts, Unit};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::settle::shares::{Cast, Share, Shares};
use crate::settle::some;
use crate::sums::add;

/// The sum of one flow between two accounts.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub agreement: usize,
    pub version: usize,
    pub flow: usize,
    pub payer: u32,
    pub payee: u32,
    pub payer_account: u32,
    pub payee_account: u32,
    pub currency: u32,
    pub exact: i128,
    /// Of that, what was measured, and what a guarantee adds to it; None where no share is for it.
    pub parts: [Option<i128>; 2],
    /// What it comes to in minor units (raw), where a dealing set says so.
    pub dealt: Option<i128>,
}

/// An agreement and its version.
type Place = (usize, usize);

type Key = (usize, usize, usize, [u32; 5]);

impl Member {
    fn key(&self) -> Key {
        let codes = [self.payer_account, self.currency, self.payee_account, self.payer, self.payee];
        (self.agreement, self.version, self.flow, codes)
    }

    /// The place of its flow in the agreement as it is written.
    pub fn written(&self, compiled: &Compiled) -> usize {
        flows_of(compiled, self.agreement, self.version).get(self.flow).map_or(usize::MAX, |flow| flow.written)
    }
}

/// The members of all shares that are paid, dealt where they belong to a dealing set.
pub fn members(engine: &Engine, shares: &mut Shares, period: &str) -> Result<Vec<Member>> {
    let compiled = engine.compiled.as_ref();
    let Shares { cast, rows } = shares;
    let rows: Vec<&Share> = rows.iter().filter(|share| is_paid(compiled, share)).collect();
    let mut found = with_accounts(engine, &rows, cast, period)?;
    found.sort_by_key(Member::key);
    let mut members: Vec<Member> = Vec::new();
    for member in found {
        match members.last_mut().filter(|last| last.key() == member.key()) {
            Some(last) => {
                last.exact = add(last.exact, member.exact)?;
                for (part, more) in last.parts.iter_mut().zip(member.parts) {
                    *part = part.map_or(Ok(more), |part| add(part, more.unwrap_or(0)).map(Some))?;
                }
            }
            None => members.push(member),
        }
    }
    deal_all(compiled, cast, &mut members)?;
    Ok(members)
}

fn flows_of(compiled: &Compiled, agreement: usize, version: usize) -> &[Flow] {
    let version = compiled.agreements.get(agreement).and_then(|agreement| agreement.versions.get(version));
    version.map_or(&[], |version| &version.flows)
}

fn is_paid(compiled: &Compiled, share: &Share) -> bool {
    unpaid(flows_of(compiled, share.agreement, share.version)).get(share.flow) == Some(&false)
}

fn with_accounts(engine: &Engine, rows: &[&Share], cast: &mut Cast, period: &str) -> Result<Vec<Member>> {
    let sides = rows.iter().flat_map(|share| {
        let group = share.group;
        [(group.payer, group.payer_account), (group.payee, group.payee_account)].map(|side| (side, group.currency))
    });
    let unsaid = sides.filter(|((_, account), _)| some(*account).is_none());
    let wanted: BTreeSet<(u32, u32)> = unsaid.map(|((party, _), currency)| (party, currency)).collect();
    let named = wanted
        .iter()
        .filter_map(|&(party, currency)| Some((cast.parties.name(party)?, cast.currencies.name(currency)?)));
    let accounts = Accounts::new(engine, period, named.clone())?;
    let names: Vec<String> = named.map(|(party, currency)| accounts.of(party, currency).to_owned()).collect();
    let codes: BTreeMap<(u32, u32), u32> =
        wanted.into_iter().zip(names.iter().map(|name| cast.accounts.intern(name))).collect();
    let account = |party: u32, account: u32, currency: u32| {
        let found = some(account).or_else(|| codes.get(&(party, currency)).copied());
        found.ok_or_else(|| Error::Internal("a party has no account".into()))
    };
    rows.iter().map(|share| member(share, account)).collect()
}

fn member(share: &Share, account: impl Fn(u32, u32, u32) -> Result<u32>) -> Result<Member> {
    let group = share.group;
    Ok(Member {
        agreement: share.agreement,
        version: share.version,
        flow: share.flow,
        payer: group.payer,
        payee: group.payee,
        payer_account: account(group.payer, group.payer_account, group.currency)?,
        payee_account: account(group.payee, group.payee_account, group.currency)?,
        currency: group.currency,
        exact: share.amount,
        parts: [false, true].map(|true_up| (share.true_up == true_up).then_some(share.amount)),
        dealt: None,
    })
}

/// Deals every set: by agreement, version, the set's own flow, the payer's account and the currency.
fn deal_all(compiled: &Compiled, cast: &Cast, members: &mut [Member]) -> Result<()> {
    let mut dealing: BTreeMap<(Place, usize, u32, u32), Vec<usize>> = BTreeMap::new();
    let mut known: Option<(Place, Vec<Option<usize>>)> = None;
    for (place, member) in members.iter().enumerate() {
        let of = (member.agreement, member.version);
        let of_flows = || {
            let flows = flows_of(compiled, of.0, of.1);
            (of, sets(flows, &unpaid(flows)))
        };
        let sets = known.take().filter(|(known, _)| *known == of).unwrap_or_else(of_flows);
        if let Some(Some(set)) = sets.1.get(member.flow) {
            dealing.entry((of, *set, member.payer_account, member.currency)).or_default().push(place);
        }
        known = Some(sets);
    }
    dealing.into_values().try_for_each(|places| deal_set(compiled, cast, members, places))
}

fn deal_set(compiled: &Compiled, cast: &Cast, members: &mut [Member], mut places: Vec<usize>) -> Result<()> {
    let Some(first) = places.first().and_then(|&place| members.get(place)) else { return Ok(()) };
    let unit = Unit::of(compiled, cast.currencies.name(first.currency).unwrap_or_default())?;
    let order = |place: &usize| members.get(*place).map(|member| dealing_order(compiled, cast, member));
    places.sort_by_cached_key(order);
    let exact: Vec<i128> = places.iter().filter_map(|&place| members.get(place)).map(|member| member.exact).collect();
    for (place, part) in places.into_iter().zip(dealt(&exact, unit)?) {
        if let Some(member) = members.get_mut(place) {
            member.dealt = Some(part);
        }
    }
    Ok(())
}

/// The order of flows as they are written, then of a split's payees, then of accounts and parties bytewise.
fn dealing_order<'a>(compiled: &Compiled, cast: &'a Cast, member: &Member) -> (usize, usize, [Option<&'a str>; 2]) {
    let flow = flows_of(compiled, member.agreement, member.version).get(member.flow);
    let party = cast.parties.name(member.payee);
    let place = match flow.map(|flow| &flow.basis) {
        Some(Basis::Split(weights)) => {
            let plays =
                |(role, _): &(Role, _)| matches!(role, Role::Party(code) if compiled.parties.name(*code) == party);
            weights.iter().position(plays).unwrap_or(weights.len())
        }
        _ => 0,
    };
    (member.written(compiled), place, [cast.accounts.name(member.payee_account), party])
}
