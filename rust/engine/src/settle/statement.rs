//! Statements: the members of one agreement between two accounts, as a document.

use crate::compile::{Agreement, Compiled, Flow};
use crate::document::{Accounts, Builder, Documents, Head, Item, STATEMENT, Unit, rounded_lines};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::settle::members::Member;
use crate::settle::shares::Cast;
use crate::sums::add;

/// Agreement, payer's account, payee's account, currency.
type Contract<'a> = [&'a str; 4];

/// The statements of a period, in bytewise order of agreement, payer's account, payee's account and currency, as they
/// stand before a negative one is turned round.
pub fn statements(engine: &Engine, cast: &Cast, members: &[Member], period: &str) -> Result<Documents> {
    let settling = Settling { engine, cast, period, accounts: Accounts::bare(engine, period)? };
    let mut paid: Vec<(Contract, &Member)> = Vec::new();
    for member in members.iter().filter(|member| member.payer != member.payee) {
        paid.push((settling.contract(member)?, member));
    }
    settling.consolidate(&mut paid)?;
    paid.sort_by(|a, b| a.0.cmp(&b.0));
    let mut builder = Builder::default();
    for group in paid.chunk_by(|a, b| a.0 == b.0) {
        settling.statement(group, &mut builder)?;
    }
    builder.finish()
}

/// A line in the making, with what orders it.
struct Line<'a> {
    flow: &'a Flow,
    version: i32,
    /// Whether the document's payee pays it.
    reversed: bool,
    exact: i128,
    dealt: Option<i128>,
}

struct Settling<'a> {
    engine: &'a Engine,
    cast: &'a Cast,
    period: &'a str,
    accounts: Accounts<'a>,
}

impl<'a> Settling<'a> {
    fn compiled(&self) -> &'a Compiled {
        self.engine.compiled.as_ref()
    }

    fn agreement(&self, member: &Member) -> Result<&'a Agreement> {
        let found = self.compiled().agreements.get(member.agreement);
        found.ok_or_else(|| Error::Internal("a share of no agreement".into()))
    }

    fn contract(&self, member: &Member) -> Result<Contract<'a>> {
        let cast = self.cast;
        let names = (
            cast.accounts.name(member.payer_account),
            cast.accounts.name(member.payee_account),
            cast.currencies.name(member.currency),
        );
        let (Some(payer), Some(payee), Some(currency)) = names else {
            return Err(Error::Internal("a share without accounts".into()));
        };
        Ok([&self.agreement(member)?.id, payer, payee, currency])
    }

    /// Both directions of a consolidated agreement under one contract: that of its first flow.
    fn consolidate(&self, paid: &mut [(Contract<'a>, &Member)]) -> Result<()> {
        let undirected = |contract: &Contract<'a>| {
            let [agreement, payer, payee, currency] = *contract;
            [agreement, payer.min(payee), payer.max(payee), currency]
        };
        paid.sort_by_key(|(contract, member)| (undirected(contract), member.flow, *contract));
        for group in paid.chunk_by_mut(|a, b| undirected(&a.0) == undirected(&b.0)) {
            let Some(&(first, member)) = group.first() else { continue };
            if self.agreement(member)?.consolidated {
                group.iter_mut().for_each(|(contract, _)| *contract = first);
            }
        }
        Ok(())
    }

    fn statement(&self, group: &[(Contract<'a>, &Member)], builder: &mut Builder) -> Result<()> {
        let Some(&([contract, payer, payee, currency], member)) = group.first() else { return Ok(()) };
        let agreement = self.agreement(member)?;
        let mut lines = self.lines(payer, group)?;
        let unit = Unit::of(self.compiled(), currency)?;
        let nets = nets(&lines, unit)?;
        if self.compiled().skip_zero_documents && nets.iter().all(|&net| net == 0) {
            return Ok(());
        }
        let total = nets.iter().try_fold(0, |sum, &net| add(sum, net))?;
        let turned = agreement.consolidated && !agreement.carry_negative && total < 0;
        let (payer_account, payee_account) = if turned { (payee, payer) } else { (payer, payee) };
        let sign = if turned { -1 } else { 1 };
        let items: Vec<Item> = lines.drain(..).zip(nets).map(|(line, net)| item(&line, net, sign)).collect();
        let head = Head {
            kind: STATEMENT,
            contract,
            period: self.period,
            payer: self.accounts.owner(payer_account),
            payee: self.accounts.owner(payee_account),
            payer_account,
            payee_account,
            currency,
            due_date: self.accounts.due_date(STATEMENT, payer_account),
        };
        builder.push(&head, &items)
    }

    /// The lines of a document, in order of flow, version and tax category, bytewise.
    fn lines(&self, payer: &str, group: &[(Contract<'a>, &Member)]) -> Result<Vec<Line<'a>>> {
        let mut lines = Vec::with_capacity(group.len());
        for (_, member) in group {
            let version = self.agreement(member)?.versions.get(member.version);
            let flow = version.and_then(|version| version.flows.get(member.flow));
            let flow = flow.ok_or_else(|| Error::Internal("a share of no flow".into()))?;
            let reversed = self.cast.accounts.name(member.payer_account) != Some(payer);
            let sign = if reversed { -1 } else { 1 };
            lines.push(Line {
                flow,
                version: i32::try_from(member.version).unwrap_or(i32::MAX),
                reversed,
                exact: member.exact * sign,
                dealt: member.dealt.map(|part| part * sign),
            });
        }
        lines.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(lines)
    }
}

fn order<'a>(line: &Line<'a>) -> (&'a str, i32, &'a str, bool) {
    (&line.flow.id, line.version, &line.flow.tax_category, line.reversed)
}

/// What each line comes to: as dealt, or as its part of the others' sum, rounded once.
fn nets(lines: &[Line], unit: Unit) -> Result<Vec<i128>> {
    let others: Vec<i128> = lines.iter().filter(|line| line.dealt.is_none()).map(|line| line.exact).collect();
    let mut rounded = rounded_lines(&others, unit)?.into_iter();
    let net = |line: &Line| line.dealt.or_else(|| rounded.next());
    let nets = lines.iter().map(net).collect::<Option<Vec<_>>>();
    nets.ok_or_else(|| Error::Internal("a line without an amount".into()))
}

fn item<'a>(line: &Line<'a>, net: i128, sign: i128) -> Item<'a> {
    Item {
        subscription: None,
        item: &line.flow.id,
        version: line.version,
        zone: None,
        band: None,
        tax_category: &line.flow.tax_category,
        exact: line.exact * sign,
        net: net * sign,
    }
}
