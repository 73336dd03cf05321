//! Which flows are measured for those of the whole period, and how finely.

use std::collections::BTreeSet;

use super::{AgreementVersion, Basis, Flow, Role};
use crate::catalog::Per;

/// Has flows summed by subscription wherever some flow of the period needs it. A period may have shares of several
/// versions, so what one of them needs all versions give.
pub(super) fn keep_subscriptions(versions: &mut [AgreementVersion]) {
    let needed = |version: &AgreementVersion| {
        let flow = |base: usize| version.flows.get(base).map(|flow| flow.id.clone());
        bases_by_subscription(&version.flows).into_iter().filter_map(flow).collect::<Vec<_>>()
    };
    let needed: BTreeSet<String> = versions.iter().flat_map(needed).collect();
    for flow in versions.iter_mut().flat_map(|version| &mut version.flows) {
        flow.by_subscription = needed.contains(&flow.id);
    }
}

/// Has flows measured that tell who plays the roles of a fee that is due from or to each of them.
pub(super) fn keep_players(versions: &mut [AgreementVersion]) {
    let asked = |flow: &Flow| match flow.basis {
        Basis::Recurring { per: Per::Agreement | Per::Party, .. } => [flow.payer, flow.payee],
        _ => [Role::Party(0); 2],
    };
    let roles: Vec<Role> = versions.iter().flat_map(|version| version.flows.iter().flat_map(asked)).collect();
    let is_asked = |role: Role| !matches!(role, Role::Party(_)) && roles.contains(&role);
    for flow in versions.iter_mut().flat_map(|version| &mut version.flows) {
        flow.is_measured |= !flow.at_close && (is_asked(flow.payer) || is_asked(flow.payee));
    }
}

/// What the period needs of a flow in one version it needs of the flow of that name in all: a month may see several.
pub(super) fn keep_measured(versions: &mut [AgreementVersion]) {
    let measured = |version: &AgreementVersion| {
        let own = version.flows.iter().filter(|flow| flow.is_measured);
        own.map(|flow| flow.id.clone()).collect::<Vec<_>>()
    };
    let needed: BTreeSet<String> = versions.iter().flat_map(measured).collect();
    for flow in versions.iter_mut().flat_map(|version| &mut version.flows) {
        flow.is_measured |= needed.contains(&flow.id);
    }
}

/// The bases of the flows of the period that are reckoned per subscription: by themselves, because one of their bases is,
/// or because the subscription tells who plays a role of theirs.
fn bases_by_subscription(flows: &[Flow]) -> Vec<usize> {
    let mut each: Vec<bool> = Vec::with_capacity(flows.len());
    for flow in flows {
        let own = match &flow.basis {
            Basis::GreaterOf { per_subscription, .. } => *per_subscription,
            Basis::Recurring { per, .. } => *per == Per::Subscription,
            _ => flow.bases().any(|base| each.get(base) == Some(&true)),
        };
        let asks = |role: Role| {
            let of = |base: usize| flows.get(base).is_some_and(|base| base.payer == role || base.payee == role);
            role.is_of_subscription() && !flow.bases().all(of)
        };
        each.push(own || (flow.at_close && (asks(flow.payer) || asks(flow.payee))));
    }
    flows.iter().zip(each).filter(|(_, each)| *each).flat_map(|(flow, _)| flow.bases()).collect()
}
