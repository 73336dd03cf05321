"""Positions and notices: what a period's documents come to, by party."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .documents import Document
from .lines import Row
from .numbers import shortest, to_decimal
from .terms import Terms


def positions(documents: Sequence[Document]) -> list[Row]:
    """What each party is owed and owes, over all documents, by currency. The nets of a currency sum to 0."""
    sums: dict[tuple[str, str], list[Fraction]] = {}
    for document in documents:
        amount = Fraction(document.units, 10**document.digits)
        sums.setdefault((document.currency, document.payee.party), [Fraction(0), Fraction(0)])[0] += amount
        sums.setdefault((document.currency, document.payer.party), [Fraction(0), Fraction(0)])[1] += amount
    assert sum((receivable - payable for receivable, payable in sums.values()), Fraction(0)) == 0
    return [
        {
            "set": "all",
            "party": party,
            "currency": currency,
            "receivable": to_decimal(receivable),
            "payable": to_decimal(payable),
            "net": to_decimal(receivable - payable),
        }
        for (currency, party), (receivable, payable) in sorted(sums.items())
    ]


def notices(terms: Terms, documents: Sequence[Document]) -> list[Row]:
    """What a person should know: a business whose provider is paid more than it earns (A.14)."""
    found = []
    for name, agreement in terms.catalog.agreements.items():
        provider, business = agreement.roles.get("P"), agreement.roles.get("B")
        if agreement.model == "A.14" and isinstance(provider, str) and isinstance(business, str):
            for currency in sorted({d.currency for d in documents if d.payee.party == provider}):
                paid, earned = (_earned(documents, party, currency) for party in (provider, business))
                if paid > earned:
                    words = f"{provider} is paid {shortest(paid)} {currency}"
                    text = f"{words}, more than the {shortest(earned)} {currency} of {business}"
                    found.append({"code": "provider_exceeds", "subject": name, "text": text})
    return found


def _earned(documents: Sequence[Document], party: str, currency: str) -> Fraction:
    own = [d for d in documents if d.payee.party == party and d.currency == currency]
    return sum((Fraction(document.units, 10**document.digits) for document in own), Fraction(0))
