"""`standalone` with payees bound: a split among them, by their stand-alone prices (models.md §2).

Unbound it moves no money: posting divides the seller's revenue by component. Where every component is a role of the
agreement or a party, each is paid its part, and what says so is a `split`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .agreement import Agreement, Flow


def bound(agreement: Agreement, parties: Collection[str]) -> Agreement:
    """The agreement, in which a `standalone` whose components are all roles or parties is a `split`."""
    known = {*agreement.roles, *parties}
    versions = tuple(
        version.model_copy(update={"flows": _flows(version.flows, known)}) for version in agreement.versions
    )
    return agreement.model_copy(update={"flows": _flows(agreement.flows, known), "versions": versions})


def _flows(flows: Mapping[str, Flow], known: Collection[str]) -> dict[str, Flow]:
    return {name: _flow(flow, known) for name, flow in flows.items()}


def _flow(flow: Flow, known: Collection[str]) -> Flow:
    """Whoever it says is paid has the revenue that is divided; a split is paid to those that it names."""
    if not flow.standalone or not all(component in known for component in flow.standalone):
        return flow
    return flow.model_copy(update={"split": flow.standalone, "standalone": None, "payee": None})
