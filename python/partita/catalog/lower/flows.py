"""The flows of an agreement, as the engine reads them.

What a person may leave out is filled in here: flows are put in an order in which each comes after those it is computed
from and keep their written place beside it, names of flows become places in that order, and whoever pays or is paid is
looked up in the roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from partita.catalog.agreement import Agreement, Flow, FromColumn, is_sale
from partita.catalog.agreement import Binding as RoleBinding
from partita.catalog.charge import Number
from partita.catalog.reference_data import Table
from partita.errors import CatalogError, Problem

from . import charges
from .scalars import Json, number, optional_instant, rounding, text, when

Binding = str | dict[str, str]
"""`account_owner`, `seller`, `sold_by`, `introduced_by`, or a party or column by name."""


def needs(flow: Flow) -> tuple[str, ...]:
    """The flows that a flow is computed from."""
    chosen = tuple(part for part in flow.greater_of.of if isinstance(part, str)) if flow.greater_of else ()
    return (*flow.of, *flow.minus, *(flow.remainder or ()), *chosen)


def ordered(flows: Mapping[str, Flow]) -> dict[str, int]:
    """The names of flows with their places: each after its bases, otherwise in the order of the catalog.

    Raises `CatalogError` for a circle and for a base that is no flow.
    """
    places: dict[str, int] = {}
    waiting = list(flows)
    while waiting:
        ready = next((name for name in waiting if all(need in places for need in needs(flows[name]))), None)
        if ready is None:
            raise CatalogError(f"flows in a circle, or of unknown flows: {', '.join(waiting)}")
        places[ready] = len(places)
        waiting.remove(ready)
    return places


class Flows:
    """The flows of one version of an agreement."""

    def __init__(self, name: str, agreement: Agreement, flows: Mapping[str, Flow], tables: Mapping[str, Table]) -> None:
        self.name = name
        self.agreement = agreement
        self.flows = flows
        self.tables = tables
        self.places = ordered(flows)
        self.measured = {need for flow in flows.values() if flow.greater_of for need in flow.greater_of.of}
        self.problems: list[Problem] = []

    def in_order(self) -> list[Json]:
        written = {name: place for place, name in enumerate(self.flows)}
        return [self._flow(name, self.flows[name]) | {"written": written[name]} for name in self.places]

    def _flow(self, name: str, flow: Flow) -> Json:
        zone = self.agreement.zone
        return {
            "id": name,
            "payer": self._payer(flow),
            "payee": self._payee(flow),
            "of": self._at(flow.of),
            "minus": self._at(flow.minus),
            "when": when(flow.when),
            "from": optional_instant(flow.valid.valid_from, zone),
            "until": optional_instant(flow.valid.valid_until, zone),
            "round": rounding(flow.round),
            "payable": flow.payable and name not in self.measured,
            "net": flow.recognition == "net",
            "tax_category": flow.tax_category,
            "basis": self._basis(name, flow),
        }

    def _at(self, names: tuple[str, ...]) -> list[int]:
        return [self.places[name] for name in names]

    def _payer(self, flow: Flow) -> Binding:
        """As written; else the payee of its base: of lines the seller, whom the account owner pays."""
        if flow.payer is not None:
            return self._party(flow.payer)
        if flow.of:
            return self._payee(self.flows[flow.of[0]])
        return "account_owner" if is_sale(flow) else "seller"

    def _payee(self, flow: Flow) -> Binding:
        """As written; else the first of a split, the seller of a sale, the payer of anything else."""
        if flow.payee is not None:
            return self._party(flow.payee)
        if flow.split:
            return self._party(next(iter(flow.split)))
        return "seller" if is_sale(flow) else self._payer(flow)

    def _party(self, role: str) -> Binding:
        """Whom a role is bound to; a name that is no role is a party."""
        binding: RoleBinding = self.agreement.roles.get(role, role)
        if isinstance(binding, str):
            return "account_owner" if binding == "account_owner" else {"party": binding}
        return {"column": binding.column} if isinstance(binding, FromColumn) else binding.subscription

    def _basis(self, name: str, flow: Flow) -> Any:
        kind = flow.kind
        return "whole" if kind == "whole" else getattr(self, f"_{kind}")(name, getattr(flow, kind))

    def _number(self, value: Number) -> str | Json:
        return number(value, self.tables)

    def _percent(self, _: str, rate: Number) -> Json:
        return {"percent": {"rate": self._number(rate), "complement": False}}

    def _retail_minus(self, _: str, rate: Number) -> Json:
        return {"percent": {"rate": self._number(rate), "complement": True}}

    def _plan(self, _: str, plan: str) -> Json:
        return {"plan": {"plan": plan, "factor": "1", "plus_one": False}}

    def _cost_plus(self, _: str, terms: Any) -> Json:
        return {"plan": {"plan": terms.plan, "factor": self._number(terms.rate), "plus_one": True}}

    def _per_event(self, _: str, terms: Any) -> Json:
        return {"per_event": charges.flat(terms, self.tables)}

    def _per_unit(self, _: str, terms: Any) -> Json:
        return {"per_unit": {"unit": charges.unit(terms, self.tables), "billed": terms.of == "billed_quantity"}}

    def _split(self, _: str, weights: Mapping[str, Number]) -> Json:
        return {"split": [[self._party(role), self._number(weight)] for role, weight in weights.items()]}

    def _remainder(self, _: str, named: tuple[str, ...]) -> Json:
        return {"remainder": self._at(named)}

    def _greater_of(self, _: str, terms: Any) -> Json:
        return {
            "greater_of": {
                "flows": self._at(tuple(part for part in terms.of if isinstance(part, str))),
                "amounts": [text(part) for part in terms.of if isinstance(part, Decimal)],
                "per_subscription": terms.per == "subscription",
            }
        }

    def _recurring(self, name: str, terms: Any) -> Json:
        fee = self._literal(terms.fee, f"{name}.recurring")
        return {"recurring": {"fee": fee, "per": terms.per, "prorate": terms.prorate == "day"}}

    def _standalone(self, name: str, prices: Mapping[str, Number]) -> Json:
        literal = [[part, self._literal(price, f"{name}.standalone.{part}")] for part, price in prices.items()]
        return {"standalone": literal}

    def _literal(self, value: Number, path: str) -> str:
        """A number of a flow of the whole period: there is no record by which it could be looked up."""
        if isinstance(value, Decimal):
            return text(value)
        problem = "is looked up by a record's attributes, but belongs to a period; write the amount itself"
        self.problems.append(Problem(f"agreements.{self.name}.flows.{path}", problem))
        return "0"
