//! Statements: the members of one agreement between two accounts, as a document.
//!
//! Where an agreement consolidates and the total is below zero, the statement is turned round and so billed, or its total
//! is carried forward: a line takes it off this statement, and another puts it on that of the next period.

use crate::compile::{Agreement, Compiled};
use crate::document::{Accounts, Builder, CARRIED, DraftLine, Head, STATEMENT, Unit, lines_of, rounded_lines};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::settle::carried::Carried;
use crate::settle::members::Member;
use crate::settle::shares::Cast;
use crate::sums::add;

/// Agreement, payer's account, payee's account, currency.
type Contract<'a> = [&'a str; 4];

/// The statements of a period, in bytewise order of agreement, payer's account, payee's account and currency, as they
/// stand before a negative one is turned round; and what they carry forward.
pub fn statements(
    engine: &Engine,
    cast: &Cast,
    members: &[Member],
    before: &Carried,
    period: &str,
) -> Result<(Builder, Carried)> {
    let settling = Settling { engine, cast, period, accounts: Accounts::bare(engine, period)? };
    let mut parts: Vec<(Contract, Part)> = Vec::new();
    for member in members.iter().filter(|member| member.payer != member.payee) {
        parts.push((settling.contract(member)?, Part::Member(member)));
    }
    for row in &before.rows {
        parts.push((row.contract(), Part::Carried(row.amount)));
    }
    settling.consolidate(&mut parts)?;
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    let (mut builder, mut carried) = (Builder::default(), Carried::default());
    for group in parts.chunk_by(|a, b| a.0 == b.0) {
        settling.statement(group, &mut builder, &mut carried)?;
    }
    Ok((builder, carried))
}

/// What a statement is made of.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Member(&'a Member),
    /// What the period before carried forward, as the contract's payer pays it.
    Carried(i128),
}

/// A line in the making, with what orders it.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    item: &'a str,
    version: i32,
    tax_category: &'a str,
    /// Whether the document's payee pays it.
    reversed: bool,
    exact: i128,
    dealt: Option<i128>,
}

impl<'a> Line<'a> {
    fn carried(exact: i128) -> Self {
        Self { item: CARRIED, version: 0, tax_category: "standard", reversed: false, exact, dealt: None }
    }

    /// Bytewise, as documents order their lines.
    fn order(&self) -> (&'a str, i32, &'a str, bool) {
        (self.item, self.version, self.tax_category, self.reversed)
    }
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

    fn agreement(&self, id: &str) -> Result<&'a Agreement> {
        let found = self.compiled().agreements.iter().find(|agreement| agreement.id == id);
        found.ok_or_else(|| Error::UsageSchema(format!("no agreement {id:?} in the terms")))
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
        let agreement = self.compiled().agreements.get(member.agreement);
        let agreement = agreement.ok_or_else(|| Error::Internal("a share of no agreement".into()))?;
        Ok([&agreement.id, payer, payee, currency])
    }

    /// Both directions of a consolidated agreement under one contract: that of its first flow.
    fn consolidate<'p>(&self, parts: &mut [(Contract<'p>, Part)]) -> Result<()> {
        let undirected = |contract: &Contract<'p>| {
            let [agreement, payer, payee, currency] = *contract;
            [agreement, payer.min(payee), payer.max(payee), currency]
        };
        let place = |part: &Part| match part {
            Part::Member(member) => member.written(self.compiled()),
            Part::Carried(_) => usize::MAX,
        };
        parts.sort_by_key(|(contract, part)| (undirected(contract), place(part), *contract));
        for group in parts.chunk_by_mut(|a, b| undirected(&a.0) == undirected(&b.0)) {
            let Some(&(first, _)) = group.first() else { continue };
            if !self.agreement(first[0])?.consolidated {
                continue;
            }
            for (contract, part) in group {
                if let Part::Carried(amount) = part
                    && *contract != first
                {
                    *amount = -*amount;
                }
                *contract = first;
            }
        }
        Ok(())
    }

    fn statement(&self, group: &[(Contract, Part)], builder: &mut Builder, carried: &mut Carried) -> Result<()> {
        let Some(&(contract, _)) = group.first() else { return Ok(()) };
        let [agreement, payer_account, payee_account, currency] = contract;
        let agreement = self.agreement(agreement)?;
        let unit = Unit::of(self.compiled(), currency)?;
        let mut lines = self.lines(payer_account, group, unit)?;
        let mut nets = nets(&lines, unit)?;
        let total = nets.iter().try_fold(0, |sum, &net| add(sum, net))?;
        let negative = agreement.consolidated && total < 0;
        if negative && agreement.carry_negative {
            carried.push(contract, total);
            // What is carried is the total as it was rounded: nothing of it is left to be rounded once more.
            let place = lines.partition_point(|line| line.order() <= Line::carried(-total).order());
            lines.insert(place, Line::carried(-total));
            nets.insert(place, -total);
        }
        if self.compiled().skip_zero_documents && nets.iter().all(|&net| net == 0) {
            return Ok(());
        }
        let turned = negative && !agreement.carry_negative;
        let (payer, payee) = if turned { (payee_account, payer_account) } else { (payer_account, payee_account) };
        let items: Vec<DraftLine> = lines.iter().zip(nets).map(|(line, net)| item(line, net, turned)).collect();
        builder.push(&self.head(&agreement.id, payer, payee, currency), &items)
    }

    fn head<'h>(&'h self, contract: &'h str, payer: &'h str, payee: &'h str, currency: &'h str) -> Head<'h> {
        Head {
            kind: STATEMENT,
            contract,
            period: self.period,
            payer: self.accounts.owner(payer),
            payee: self.accounts.owner(payee),
            payer_account: payer,
            payee_account: payee,
            currency,
            due_date: self.accounts.due_date(STATEMENT, payer),
        }
    }

    /// The lines of a document, in order of flow, version and tax category, bytewise.
    fn lines(&self, payer: &str, group: &[(Contract, Part)], unit: Unit) -> Result<Vec<Line<'a>>> {
        let mut lines = Vec::with_capacity(group.len());
        for (_, part) in group {
            match part {
                Part::Member(member) => lines.extend(self.lines_of(payer, member, unit)?),
                Part::Carried(amount) => lines.push(Line::carried(*amount)),
            }
        }
        lines.sort_by_key(Line::order);
        Ok(lines)
    }

    /// What a member was measured and what a guarantee adds, each a line; what the member was dealt is on both.
    fn lines_of(&self, payer: &str, member: &Member, unit: Unit) -> Result<Vec<Line<'a>>> {
        let agreement = self.compiled().agreements.get(member.agreement);
        let version = agreement.and_then(|agreement| agreement.versions.get(member.version));
        let flow = version.and_then(|version| version.flows.get(member.flow));
        let flow = flow.ok_or_else(|| Error::Internal("a share of no flow".into()))?;
        let reversed = self.cast.accounts.name(member.payer_account) != Some(payer);
        let sign = if reversed { -1 } else { 1 };
        let exact: Vec<i128> = member.parts.iter().flatten().map(|part| part * sign).collect();
        let dealt = member.dealt.map(|total| lines_of(total * sign, &exact, unit)).transpose()?;
        let items = [false, true].into_iter().zip(member.parts).filter(|(_, part)| part.is_some());
        let line = |(place, (&exact, (true_up, _)))| Line {
            item: flow.item(true_up),
            version: i32::try_from(member.version).unwrap_or(i32::MAX),
            tax_category: &flow.tax_category,
            reversed,
            exact,
            dealt: dealt.as_ref().and_then(|dealt| dealt.get(place).copied()),
        };
        Ok(exact.iter().zip(items).enumerate().map(line).collect())
    }
}

/// What each line comes to: as dealt, or as its part of the others' sum, rounded once.
fn nets(lines: &[Line], unit: Unit) -> Result<Vec<i128>> {
    let others: Vec<i128> = lines.iter().filter(|line| line.dealt.is_none()).map(|line| line.exact).collect();
    let mut rounded = rounded_lines(&others, unit)?.into_iter();
    let net = |line: &Line| line.dealt.or_else(|| rounded.next());
    let nets = lines.iter().map(net).collect::<Option<Vec<_>>>();
    nets.ok_or_else(|| Error::Internal("a line without an amount".into()))
}

/// A line as the document has it, which is perhaps turned round.
fn item<'a>(line: &Line<'a>, net: i128, turned: bool) -> DraftLine<'a> {
    let sign = if turned { -1 } else { 1 };
    DraftLine {
        subscription: None,
        item: line.item,
        version: line.version,
        zone: None,
        band: None,
        tax_category: line.tax_category,
        exact: line.exact * sign,
        net: net * sign,
        reversed: line.reversed != turned,
    }
}
