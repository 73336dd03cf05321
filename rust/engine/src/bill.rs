//! bill: the sums of a period's lines to bills, one for each customer account, seller and currency.
//!
//! A line of a bill holds everything of one subscription, charge, version, zone, band and tax category, rounded as
//! semantics §2 says. What a seller buys from itself is no bill.

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::document::{Accounts, BILL, Builder, Documents, DraftLine, Head, SALE, Unit, rounded_lines};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::sums::{BILLED, Sum, Sums, line};

type LineSum = Sum<10>;
type LineSums = Sums<10>;

/// Bills that are computed at once, before they are written in their order.
const LOT: usize = 8_192;

impl Engine {
    /// The bills of a period (`2026-10`), from its line sums; sums of several partitions are merged first.
    pub fn bill(&self, line_sums: &[RecordBatch], period: &str) -> Result<Documents> {
        let sums = Sums::read(&BILLED, line_sums, Some(period))?;
        let wanted =
            sums.rows.iter().filter_map(|row| sums.text(row, line::SELLER).zip(sums.text(row, line::CURRENCY)));
        let accounts = Accounts::new(self, period, wanted)?;
        let billing = Billing { engine: self, sums: &sums, period };
        let mut builder = Builder::with_room_for(sums.rows.len());
        let contracts: Vec<&[LineSum]> = sums.rows.chunk_by(|a, b| contract(a) == contract(b)).collect();
        for lot in contracts.chunks(LOT) {
            interrupt::check()?;
            let bills: Vec<Result<_>> = lot.par_iter().map(|rows| billing.bill(&accounts, rows)).collect();
            let bills: Vec<_> = bills.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
            builder.extend(&bills)?;
        }
        builder.finish()
    }
}

/// Account, seller, currency: what sums that are to be billed are in order of, before all else.
fn contract(row: &LineSum) -> [u32; 3] {
    [row.texts[line::ACCOUNT], row.texts[line::SELLER], row.texts[line::CURRENCY]]
}

fn absent() -> Error {
    Error::UsageSchema("line sums: account, seller, item, tax_category and currency may not be null".into())
}

struct Billing<'a> {
    engine: &'a Engine,
    sums: &'a LineSums,
    period: &'a str,
}

impl<'a> Billing<'a> {
    /// What a bill says, and its lines; none where nothing is billed.
    fn bill<'n>(&self, accounts: &'n Accounts<'a>, rows: &[LineSum]) -> Result<Option<(Head<'n>, Vec<DraftLine<'a>>)>>
    where
        'a: 'n,
    {
        let Some(first) = rows.first() else { return Ok(None) };
        let need = |column: usize| self.sums.text(first, column).ok_or_else(absent);
        let (payer_account, payee, currency) = (need(line::ACCOUNT)?, need(line::SELLER)?, need(line::CURRENCY)?);
        let payer = accounts.owner(payer_account);
        if payer == payee {
            return Ok(None);
        }
        let items = self.items(rows, Unit::of(&self.engine.compiled, currency)?)?;
        if self.engine.compiled.skip_zero_documents && items.iter().all(|item| item.net == 0) {
            return Ok(None);
        }
        let head = Head {
            kind: BILL,
            contract: SALE,
            period: self.period,
            payer,
            payee,
            payer_account,
            payee_account: accounts.of(payee, currency),
            currency,
            due_date: accounts.due_date(BILL, payer_account),
        };
        Ok(Some((head, items)))
    }

    fn items(&self, rows: &[LineSum], unit: Unit) -> Result<Vec<DraftLine<'a>>> {
        let exact: Vec<i128> = rows.iter().map(|row| row.amount).collect();
        let nets = rounded_lines(&exact, unit)?;
        let item = |(row, net): (&LineSum, i128)| -> Result<DraftLine<'a>> {
            Ok(DraftLine {
                subscription: self.sums.text(row, line::SUBSCRIPTION),
                item: self.sums.text(row, line::ITEM).ok_or_else(absent)?,
                version: row.version,
                zone: self.sums.text(row, line::ZONE),
                band: self.sums.text(row, line::BAND),
                tax_category: self.sums.text(row, line::TAX_CATEGORY).ok_or_else(absent)?,
                exact: row.amount,
                net,
                reversed: false,
            })
        };
        rows.iter().zip(nets).map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::RecordBatch;
    use serde_json::json;

    use super::LOT;
    use crate::fixture::{engine, no_subscriptions, shown, sums, table, terms};
    use crate::sums::LINES;
    use crate::{Documents, Engine};

    fn shop() -> Engine {
        let accounts = table(
            &["account", "owner", "currency", "cycle_day", "payment_days"],
            &[
                &["a-1", "ann", "EUR", "1", ""],
                &["a-2", "bob", "JPY", "15", "10"],
                &["s-2", "shop", "EUR", "", ""],
                &["s-1", "shop", "EUR", "", ""],
                &["s-0", "shop", "JPY", "", ""],
            ],
        );
        engine(&terms(&["shop"], &json!([]), &json!([])), &accounts, &no_subscriptions())
    }

    /// Rows of (account, subscription, charge, zone, currency) and amount.
    fn line_sums(rows: &[([&str; 5], &str)]) -> RecordBatch {
        let rows: Vec<([&str; 10], &str)> = rows
            .iter()
            .map(|([account, subscription, item, zone, currency], amount)| {
                (["2026-10", account, "shop", subscription, item, "", zone, "", "standard", currency], *amount)
            })
            .collect();
        sums(&LINES, &rows)
    }

    fn billed(rows: &[([&str; 5], &str)]) -> Documents {
        shop().bill(&[line_sums(rows)], "2026-10").unwrap()
    }

    #[test]
    fn a_bill_for_each_account_seller_and_currency() {
        let bills = billed(&[
            (["a-2", "s-9", "basic/fee", "", "JPY"], "322.580645161290"),
            (["a-1", "s-1", "basic/monthly", "", "EUR"], "48.387096774194"),
            (["a-1", "s-1", "basic/calls", "world", "EUR"], "0.004"),
            (["a-1", "s-1", "basic/calls", "", "EUR"], "0.004"),
            (["s-1", "s-3", "basic/calls", "", "EUR"], "5"),
        ]);
        assert_eq!(
            shown(&bills.documents, &["document_id", "payer", "payee", "net", "tax", "gross", "due_date"]),
            [
                "bill/2026-10/sale/a-1/s-1/EUR ann shop 48.4 0 48.4 2026-11-30",
                "bill/2026-10/sale/a-2/s-0/JPY bob shop 323 0 323 2026-10-24",
            ]
        );
        // 48.395096774194 is 48.40; 0.00 + 0.00 + 48.39 misses a unit, which goes to the first of the largest errors.
        assert_eq!(
            shown(&bills.lines, &["line_number", "subscription", "item", "zone", "exact", "net"]),
            [
                "1 s-1 basic/calls - 0.004 0.01",
                "2 s-1 basic/calls world 0.004 0",
                "3 s-1 basic/monthly - 48.387096774194 48.39",
                "1 s-9 basic/fee - 322.58064516129 323",
            ]
        );
    }

    #[test]
    fn bills_of_several_lots_are_in_order_each_with_its_own_lines() {
        let accounts: Vec<String> = (0..=LOT).map(|number| format!("b-{number:05}")).collect();
        let lines = |account| {
            [
                ([account, "s-1", "basic/calls", "world", "EUR"], "0.014"),
                ([account, "s-2", "basic/fee", "", "EUR"], "2"),
            ]
        };
        let rows: Vec<_> = accounts.iter().rev().map(String::as_str).flat_map(lines).collect();
        let bills = billed(&rows);
        let expected: Vec<String> =
            accounts.iter().map(|account| format!("bill/2026-10/sale/{account}/s-1/EUR {account} 2.01")).collect();
        assert_eq!(shown(&bills.documents, &["document_id", "payer", "net"]), expected);
        let line = |account: &String| {
            let id = format!("bill/2026-10/sale/{account}/s-1/EUR");
            [format!("{id} 1 s-1 basic/calls world 0.01"), format!("{id} 2 s-2 basic/fee - 2")]
        };
        let expected: Vec<String> = accounts.iter().flat_map(line).collect();
        assert_eq!(
            shown(&bills.lines, &["document_id", "line_number", "subscription", "item", "zone", "net"]),
            expected
        );
    }

    #[test]
    fn partitions_merge_and_negative_totals_stay() {
        let part = |amount: &'static str| line_sums(&[(["a-1", "s-1", "basic/calls", "", "EUR"], amount)]);
        let whole = shop().bill(&[part("-7.0051")], "2026-10").unwrap();
        let parts = shop().bill(&[part("2.9949"), part("-10")], "2026-10").unwrap();
        assert_eq!(whole.documents, parts.documents);
        assert_eq!(shown(&whole.documents, &["net"]), ["-7.01"]);
        assert_eq!(shop().bill(&[part("1")], "2026-11").unwrap().documents.num_rows(), 0);
    }

    #[test]
    fn documents_of_nothing_are_skipped_where_the_terms_say_so() {
        assert_eq!(billed(&[(["a-1", "s-1", "basic/calls", "", "EUR"], "0.004")]).documents.num_rows(), 0);
        let both =
            billed(&[(["a-1", "s-1", "basic/calls", "", "EUR"], "5"), (["a-1", "s-1", "basic/fee", "", "EUR"], "-5")]);
        assert_eq!(shown(&both.documents, &["net"]), ["0"]);
    }
}
