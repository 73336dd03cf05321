"""Where a line lands: the documents that its amount and its shares are part of, and the entries of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from partita.catalog.agreement import TRUE_UP
from partita.cycle.plan import before
from partita.reference.agreements import in_order, needs, period_flows
from partita.reference.documents import Document
from partita.reference.documents import Line as DocumentLine
from partita.reference.lines import Line
from partita.reference.numbers import round_to
from partita.reference.rejects import Reject
from partita.reference.split import LineShares

from .books import line_of
from .differences import Findings
from .material import Material, Rows
from .replay import Traced
from .steps import Step, number

_MOST_ENTRIES = 40


def landed(material: Material, traced: Traced, findings: Findings) -> list[Step]:
    """The steps from a line to the ledger, if its period is closed; its figures are compared with the book's."""
    line = traced.line
    assert line is not None
    closing = _closing(material, line.period)
    if closing is None:
        words = [f"{line.period} is not closed yet: the line is on no document"]
        return [Step("documents", "Where it is billed", [], words)]
    found = [*_bill(closing, line), *_statements(closing, line, traced)]
    facts = [_facts(document, part) for document, part in found]
    words = [sentence for document, part in found for sentence in _words(document, part)]
    entries = closing.reference.post(list({document.id: document for document, _ in found}.values()))
    _compare(closing, [document for document, _ in found], entries, findings)
    told = [_entry_words(entry) for entry in entries[:_MOST_ENTRIES]]
    more = len(entries) - len(told)
    return [
        Step("documents", "Where it is billed and settled", facts, words or ["it is on no document"]),
        Step("entries", "The entries of these documents", entries, [*told, *([f"and {more} more"] if more else [])]),
    ]


def _closing(material: Material, period: str) -> Material | None:
    """The run that closed a period."""
    run_id = material.book.closed_by(period)
    if run_id is None:
        return None
    if run_id == material.run_id:
        return material
    row = material.book.run(run_id)
    return None if row is None else Material(material.book, row)


def _bill(closing: Material, line: Line) -> Iterator[tuple[Document, DocumentLine]]:
    sums = [line_of(row) for row in closing.sums("line_sums") if row["account"] == line.held.account_id]
    item = f"{line.plan}/{line.charge}"
    key = (line.held.id, item, line.version, line.around["zone"], line.around["band"])
    for document in closing.reference.bill(closing.period, sums):
        for part in document.lines:
            own = part.item.key
            if (own.subscription, own.item, own.version, own.zone, own.band) == key:
                yield document, part


def _statements(closing: Material, line: Line, traced: Traced) -> Iterator[tuple[Document, DocumentLine]]:
    mine = [sharing for sharing in traced.shared if sharing.line.line_id == line.line_id]
    shares = [share for sharing in mine for shares in sharing.shares.values() for share in shares]
    paid = [share for share in shares if share.paid and share.payer != share.payee]
    reached = {part for sharing in mine for part in _at_close(sharing)}
    agreements = {share.agreement for share in paid} | {part[0] for part in reached}
    if not agreements:
        return
    every = [*closing.sums("share_sums"), *_of_period(closing)]
    sums = [row for row in every if row["agreement"] in agreements]
    carried = closing.book.carried(before(closing.period)).to_pylist()
    own = [row for row in carried if row["agreement"] in agreements]
    parties = {(share.agreement, share.version, share.flow, share.payer, share.payee) for share in paid}
    for document in closing.reference.settle(closing.period, sums, own).documents:
        for part in document.lines:
            item = part.item
            sides = (item.payer, item.payee)
            if (document.contract, item.key.version, item.key.item, *sides) in parties or (
                (document.contract, item.key.item.removesuffix(TRUE_UP), *sides) in reached
            ):
                yield document, part


def _at_close(sharing: LineShares) -> Iterator[tuple[str, str, str, str]]:
    """The flows of the period that are computed from what a line is shared into, with those who pay and are paid."""
    flows = sharing.stands.flows
    reached = {name for name, shares in sharing.shares.items() if shares}
    for name in in_order(flows):
        if name in period_flows(flows) and not reached.isdisjoint(needs(flows[name])):
            reached.add(name)
            with suppress(Reject):
                yield sharing.stands.id, name, sharing.roles.payer(name), sharing.roles.payee(name)


def _of_period(closing: Material) -> Rows:
    return [row for row in closing.stored("shares", "line_id", None, "close") if row["line_id"] is None]


# As data and in words -----------------------------------------------------------------------------------------------


def _facts(document: Document, part: DocumentLine) -> dict[str, Any]:
    key, minor = part.item.key, 10**document.digits
    alone = round_to(part.item.exact, document.digits)
    return {
        "document_id": document.id,
        "kind": document.kind,
        "contract": document.contract,
        "payer": document.payer.party,
        "payee": document.payee.party,
        "due_date": document.due_date.isoformat(),
        "line_number": document.lines.index(part) + 1,
        "subscription": key.subscription,
        "item": key.item,
        "exact": part.item.exact,
        "rounded_alone": alone,
        "dealt": part.item.dealt_by is not None,
        "net": Fraction(part.units, minor),
        "document_exact": sum((line.item.exact for line in document.lines), Fraction(0)),
        "document_net": Fraction(document.units, minor),
        "currency": document.currency,
    }


def _words(document: Document, part: DocumentLine) -> Iterator[str]:
    facts = _facts(document, part)
    yield f"{document.kind} {document.id}: {facts['payer']} owes {facts['payee']}, due {facts['due_date']}"
    yield (
        f"line {facts['line_number']}, {facts['item']}: all that it groups comes to exactly {number(facts['exact'])}, "
        f"so {number(facts['net'])} {document.currency}"
    )
    if facts["dealt"]:
        yield "what the payer owes all who share this base is rounded once, and dealt by largest remainder"
    elif facts["net"] != facts["rounded_alone"]:
        yield f"by itself it is {number(facts['rounded_alone'])}; a unit moved so that the lines sum to the document"
    yield f"the document is {number(facts['document_net'])} (exactly {number(facts['document_exact'])})"


def _entry_words(entry: Mapping[str, Any]) -> str:
    side = f"debit {entry['debit'].normalize():f}" if entry["debit"] else f"credit {entry['credit'].normalize():f}"
    return f"{entry['book']}: {entry['ledger_account']} {side} ({entry['entry_id']})"


def _compare(closing: Material, documents: Sequence[Document], entries: Rows, findings: Findings) -> None:
    """The documents, their lines and entries, with those of the book."""
    ids = list(dict.fromkeys(document.id for document in documents))
    unique = [next(document for document in documents if document.id == one) for one in ids]
    rows = [{name: value for name, value in document.as_row().items() if name != "number"} for document in unique]
    lines = [row for document in unique for row in document.line_rows()]
    for table, key, expected in (
        ("documents", ("document_id",), rows),
        ("document_lines", ("document_id", "line_number"), lines),
        ("entries", ("entry_id",), entries),
    ):
        findings.compare(table, key, closing.book_rows(table, ids), expected)
