"""settle: shares to statements between partners (period close).

What one payer owes under a dealing set (a `split`, or all flows on one base that has a `remainder`) is its exact sum
rounded once, and dealt to the payees by largest remainder; so a base shared whole is paid whole (semantics §2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from partita.catalog.agreement import TRUE_UP, Flow

from .agreements import measured_flows, plays_owner
from .clock import cycle_named
from .dealing import deal, dealing_sets, flows_of
from .documents import Document, Item, Key, Line, Side, digits_of, is_skipped, rounded_lines
from .lines import Row
from .numbers import to_decimal, to_fraction
from .terms import Terms

CARRIED = "carried_forward"
"""The item of a line that moves a negative document's total to the next period."""


class Member(NamedTuple):
    """One part of a dealing set: what a flow pays one account."""

    agreement: str
    version: int
    flow: str
    payer_account: str
    payee_account: str
    currency: str

    def name(self) -> tuple[str, ...]:
        return (self.agreement, str(self.version), *self[2:])


@dataclass
class Settlement:
    """Statements of a period, and what negative ones carry forward (rows: agreement, payer_account, payee_account,
    currency, amount)."""

    documents: list[Document] = field(default_factory=list)
    carried: list[Row] = field(default_factory=list)


def settle(
    terms: Terms, period: str, shares: Sequence[Mapping[str, Any]], carried: Sequence[Mapping[str, Any]] = ()
) -> Settlement:
    """The statements of a period from all shares that fall in it, and what the period before carried forward.

    A sum of shares may stand for them; it says itself (`payer_account`, `payee_account`) whose account is meant.
    """
    return Settling(terms, period, [share for share in shares if share["period"] == period], carried).settle()


class Settling:
    """The settlement of one period."""

    def __init__(
        self, terms: Terms, period: str, shares: Sequence[Mapping[str, Any]], carried: Sequence[Mapping[str, Any]]
    ) -> None:
        self.terms = terms
        self.period = period
        self.carried = carried
        self.named = {
            (share["subscription"], share[side]): share[f"{side}_account"]
            for share in shares
            for side in ("payer", "payee")
            if share.get(f"{side}_account") is not None
        }
        self.sums: dict[tuple[Member, Key, bool], Fraction] = {}
        for share in shares:
            self._add(share)
        self.dealt = self._deal()
        self.result = Settlement()

    def settle(self) -> Settlement:
        groups: dict[tuple[str, str, str, str], list[Item]] = {}
        for (member, key, to_itself), exact in self.sums.items():
            if not to_itself:
                dealt_by = member.name() if member.name() in self.dealt else None
                recognition = self._flow(member).recognition
                contract = (member.agreement, member.payer_account, member.payee_account, member.currency)
                payer, payee = (self._side(account, member.currency).party for account in contract[1:3])
                item = Item(key, exact, payer, payee, recognition, dealt_by)
                groups.setdefault(contract, []).append(item)
        for row in self.carried:
            groups.setdefault(self._contract_of(row), [])
        for contract, items in sorted(self._consolidated(groups).items()):
            self._document(contract, items)
        return self.result

    def _add(self, share: Mapping[str, Any]) -> None:
        flows = flows_of(self.terms.catalog.agreements[share["agreement"]], share["version"])
        name = share["flow"].removesuffix(TRUE_UP)
        if name in measured_flows(flows):
            return  # nobody pays it, or the customer's bill carries it
        payer, payee = (self._account(share, flows, side) for side in ("payer", "payee"))
        member = Member(share["agreement"], share["version"], name, payer, payee, share["currency"])
        key = Key(None, share["flow"], share["version"], None, None, flows[name].tax_category)
        place = (member, key, share["payer"] == share["payee"])
        self.sums[place] = self.sums.get(place, Fraction(0)) + to_fraction(share["amount"])

    def _account(self, share: Mapping[str, Any], flows: Mapping[str, Flow], side: str) -> str:
        """The account that a share is paid from or into: who takes part as the account owner does so with the account
        that was rated; anybody else with the one it has for that currency. The account of a subscription that is gone
        by the close is known from what was rated before."""
        named = share.get(f"{side}_account")
        if named is not None:
            return str(named)
        roles, held = self.terms.catalog.agreements[share["agreement"]].roles, share["subscription"]
        flow = share["flow"].removesuffix(TRUE_UP)
        own = None if held is None else self.terms.directory.subscriptions.get(held)
        if own is not None and own.account.owner == share[side] and plays_owner(roles, flows, flow, side):
            return own.account_id
        if own is None and (held, share[side]) in self.named:
            return str(self.named[held, share[side]])
        return self.terms.directory.account_of(share[side], share["currency"])

    def _flow(self, member: Member) -> Flow:
        return flows_of(self.terms.catalog.agreements[member.agreement], member.version)[member.flow]

    # Dealing ----------------------------------------------------------------------------------------------------

    def _deal(self) -> dict[tuple[str, ...], int]:
        """What each part of each dealing set comes to, in minor units."""
        sets: dict[tuple[object, ...], dict[Member, Fraction]] = {}
        for (member, _, _), exact in self.sums.items():
            name = dealing_sets(flows_of(self.terms.catalog.agreements[member.agreement], member.version))
            if member.flow in name:
                place = (member.agreement, member.version, name[member.flow], member.payer_account, member.currency)
                parts = sets.setdefault(place, {})
                parts[member] = parts.get(member, Fraction(0)) + exact
        dealt: dict[tuple[str, ...], int] = {}
        for parts in sets.values():
            ordered = sorted(parts, key=self._dealing_order)
            digits = digits_of(self.terms.catalog, ordered[0].currency)
            units = deal([parts[member] * 10**digits for member in ordered])
            dealt.update((member.name(), part) for member, part in zip(ordered, units, strict=True))
        return dealt

    def _dealing_order(self, member: Member) -> tuple[int, int, bytes]:
        """The order of flows, then of a split's payees, then of accounts bytewise."""
        agreement = self.terms.catalog.agreements[member.agreement]
        flows = flows_of(agreement, member.version)
        payees = [agreement.roles.get(role, role) for role in flows[member.flow].split or ()]
        owner = self.terms.directory.account(member.payee_account, member.currency).owner
        place = payees.index(owner) if owner in payees else len(payees)
        return list(flows).index(member.flow), place, member.payee_account.encode()

    # Documents --------------------------------------------------------------------------------------------------

    def _contract_of(self, row: Mapping[str, Any]) -> tuple[str, str, str, str]:
        return row["agreement"], row["payer_account"], row["payee_account"], row["currency"]

    def _consolidated(
        self, groups: Mapping[tuple[str, str, str, str], list[Item]]
    ) -> dict[tuple[str, str, str, str], list[Item]]:
        """Both directions of a consolidated agreement in one: the direction of its first flow."""
        found: dict[tuple[str, str, str, str], list[Item]] = {}
        for contract in sorted(groups, key=lambda contract: self._direction_order(contract, groups[contract])):
            agreement, payer, payee, currency = contract
            other = (agreement, payee, payer, currency)
            one = self.terms.catalog.agreements[agreement].documents == "consolidated"
            found.setdefault(other if one and other in found else contract, []).extend(groups[contract])
        return found

    def _direction_order(self, contract: tuple[str, ...], items: Sequence[Item]) -> tuple[object, ...]:
        agreement = self.terms.catalog.agreements[contract[0]]
        named = [(item.key.version, item.key.item.removesuffix(TRUE_UP)) for item in items]
        places = [list(flows_of(agreement, version)).index(flow) for version, flow in named]
        return contract[0], min(places, default=len(agreement.flows)), contract

    def _document(self, contract: tuple[str, str, str, str], items: Sequence[Item]) -> None:
        agreement_id, payer_account, payee_account, currency = contract
        payer, payee = (self._side(account, currency) for account in (payer_account, payee_account))
        digits = digits_of(self.terms.catalog, currency)
        signed = [item if item.payer == payer.party else _reversed(item) for item in items]
        signed.extend(self._carried_items(contract, payer, payee))
        dealt = {
            item.dealt_by: self.dealt[item.dealt_by] * (1 if item.payer == payer.party else -1)
            for item in signed
            if item.dealt_by is not None
        }
        lines = rounded_lines(signed, dealt, digits)
        agreement = self.terms.catalog.agreements[agreement_id]
        if agreement.documents == "consolidated" and sum(line.units for line in lines) < 0:
            if agreement.negative == "bill":
                payer, payee = payee, payer
                lines = rounded_lines([_reversed(item) for item in signed], {k: -v for k, v in dealt.items()}, digits)
            else:
                units = sum(line.units for line in lines)  # as rounded: nothing of it is rounded once more
                total = Fraction(units, 10**digits)
                self._carry(contract, total)
                carried = Line(_carried(-total, payer.party, payee.party), -units)
                lines = tuple(sorted((*lines, carried), key=lambda line: line.item.key.bytewise()))
        if not is_skipped(self.terms.catalog, lines):
            self.result.documents.append(self._statement(agreement_id, payer, payee, currency, digits, lines))

    def _carried_items(self, contract: tuple[str, str, str, str], payer: Side, payee: Side) -> list[Item]:
        agreement, payer_account, payee_account, currency = contract
        signs = {contract: 1, (agreement, payee_account, payer_account, currency): -1}
        amounts = [
            signs[self._contract_of(row)] * to_fraction(row["amount"])
            for row in self.carried
            if self._contract_of(row) in signs
        ]
        return [_carried(amount, payer.party, payee.party) for amount in amounts]

    def _carry(self, contract: tuple[str, str, str, str], total: Fraction) -> None:
        names = ("agreement", "payer_account", "payee_account", "currency")
        self.result.carried.append({**dict(zip(names, contract, strict=True)), "amount": to_decimal(total)})

    def _side(self, account_id: str, currency: str) -> Side:
        return Side(self.terms.directory.account(account_id, currency).owner, account_id)

    def _statement(
        self, agreement: str, payer: Side, payee: Side, currency: str, digits: int, lines: tuple[Any, ...]
    ) -> Document:
        month = cycle_named(self.period, self.terms.catalog.agreements[agreement].zone)
        last_day = month.end - dt.timedelta(days=1)
        days = self.terms.directory.account(payer.account, currency).payment_days
        due_date = last_day + dt.timedelta(days=days)
        return Document("statement", agreement, self.period, payer, payee, currency, digits, last_day, due_date, lines)


def _carried(amount: Fraction, payer: str, payee: str) -> Item:
    return Item(Key(None, CARRIED, 0, None, None, "standard"), amount, payer, payee)


def _reversed(item: Item) -> Item:
    """The same item on a document of the other direction: its amount negated, its own direction kept."""
    return Item(item.key, -item.exact, item.payer, item.payee, item.recognition, item.dealt_by)
