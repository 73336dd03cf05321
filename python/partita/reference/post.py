"""post: documents to balanced entries in both parties' books.

Receivables and payables are posted by document; expense and revenue by line, each in its own direction, so a signed
line of a consolidated document is the other party's expense. `recognition: net` lessens the payer's revenue instead
of being an expense. A seller's revenue is split by component where a `standalone` flow says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from partita.catalog.agreement import Agreement
from partita.catalog.charge import Lookup

from .agreements import in_force
from .basis import standalone
from .clock import midnight
from .conditions import Circumstances
from .documents import Document, Line
from .lines import Row
from .numbers import to_decimal
from .settle import CARRIED
from .terms import Terms

Leg = tuple[str, str, str, int]
"""(book, kind of account, counterparty, signed minor units: a debit is positive)."""


def post(terms: Terms, documents: Sequence[Document]) -> list[Row]:
    """The entries of documents, in their order. Debits equal credits for each document, book and currency."""
    return [row for document in documents for row in _entries(document, _legs(terms, document))]


def _legs(terms: Terms, document: Document) -> Iterator[Leg]:
    payer, payee = document.payer.party, document.payee.party
    weights = _components(terms, document)
    whole = 0
    for line in document.lines:
        if weights and line.item.key.item in weights[0]:
            whole += line.units
            yield payer, "expense", payee, line.units
        else:
            yield from _line_legs(document, line)
    if weights:
        parts = standalone.by_component(whole, list(weights[1].values()))
        for component, part in zip(weights[1], parts, strict=True):
            yield payee, f"revenue.{component}", payer, -part
    yield payer, "payable", payee, -document.units
    yield payee, "receivable", payer, document.units


def _line_legs(document: Document, line: Line) -> Iterator[Leg]:
    payer, payee = document.payer.party, document.payee.party
    if line.item.key.item == CARRIED:
        yield payer, "carried", payee, line.units
        yield payee, "carried", payer, -line.units
        return
    units = line.units if line.item.payer == payer else -line.units
    expense = "expense" if line.item.recognition == "gross" else "revenue"
    yield line.item.payer, expense, line.item.payee, units
    yield line.item.payee, "revenue", line.item.payer, -units


def _components(terms: Terms, document: Document) -> tuple[set[str], Mapping[str, Fraction]] | None:
    """The lines (plan/charge) of a bill whose revenue is split by component, and the components' prices."""
    if document.kind != "bill":
        return None
    for name, agreement in terms.catalog.agreements.items():
        stands = in_force(name, agreement, midnight(document.last_day, agreement.zone))
        for flow_name, flow in stands.flows.items() if stands else ():
            if flow.standalone is not None:
                field = f"{name}/{flow_name}"
                prices = {c: _number(terms, price, field) for c, price in flow.standalone.items()}
                items = {line.item.key.item for line in document.lines if _applies(agreement, line.item.key.item)}
                if items:
                    return items, prices
    return None


def _applies(agreement: Agreement, item: str) -> bool:
    plan, _, charge = item.partition("/")
    to = agreement.applies_to
    return (not to.plans or plan in to.plans) and (not to.charges or charge in to.charges or item in to.charges)


def _number(terms: Terms, number: Decimal | Lookup, field: str) -> Fraction:
    return terms.tables.number(number, Circumstances(), "no_share", field)


def _entries(document: Document, legs: Iterator[Leg]) -> list[Row]:
    """One entry a leg, as a debit or a credit; none for nothing."""
    posted = [leg for leg in legs if leg[3] != 0]
    for book in {book for book, *_ in posted}:
        assert sum(units for own, *_, units in posted if own == book) == 0, "entries balance"
    return [_entry(document, number, leg[:3], leg[3]) for number, leg in enumerate(posted, 1)]


def _entry(document: Document, number: int, account: tuple[str, str, str], units: int) -> Row:
    book, kind, counterparty = account
    amount = Fraction(abs(units), 10**document.digits)
    return {
        "entry_id": f"{document.id}#{number}",
        "entry_number": number,
        "date": document.last_day,
        "period": document.period,
        "book": book,
        "ledger_account": f"{kind}:{counterparty}:{document.currency}",
        "counterparty": counterparty,
        "debit": to_decimal(amount if units > 0 else Fraction(0)),
        "credit": to_decimal(amount if units < 0 else Fraction(0)),
        "currency": document.currency,
        "document_id": document.id,
    }
