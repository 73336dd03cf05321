"""Parties' accounts and subscriptions, as far as they are written in the catalog itself.

Those in files are checked where they are read (`tables.py`), as columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from partita.catalog.party import FileTable, Holding, Subscription
from partita.catalog.refusal import shown

from .scene import Found, Range, Scene, meet, span, time_zone, zone_info


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with accounts and subscriptions."""
    yield from _accounts(scene)
    yield from _subscriptions(scene)
    for code in scene.catalog.billing.digits:
        yield from scene.currency(code, ("billing", "digits", code))


def _accounts(scene: Scene) -> Iterator[Found]:
    accounts = scene.catalog.accounts
    if isinstance(accounts, FileTable):
        return
    checked: set[tuple[str, str]] = set()
    for key, account in accounts.items():
        if (account.currency, account.zone) in checked:
            continue
        wrong = [
            *scene.currency(account.currency, ("accounts", key, "currency")),
            *time_zone(account.zone, ("accounts", key, "zone")),
        ]
        if not wrong:
            checked.add((account.currency, account.zone))
        yield from wrong


def _subscriptions(scene: Scene) -> Iterator[Found]:
    subscriptions = scene.catalog.subscriptions
    if isinstance(subscriptions, FileTable):
        return
    by_key: dict[tuple[str, int], list[tuple[str, int, list[Range]]]] = {}
    for key, subscription in subscriptions.items():
        path = ("subscriptions", key)
        yield from _references(scene, key, subscription)
        spans = [span(held.valid_from, held.valid_until, _zone(scene, subscription)) for held in subscription.plans]
        yield from _history(key, subscription.plans, spans)
        for position, usage_key in enumerate(subscription.keys):
            for other, _, theirs in by_key.get((usage_key, subscription.priority), ()):
                if other != key and any(meet(one, two) for one in spans for two in theirs):
                    yield (
                        (*path, "keys", position),
                        f"key {usage_key!r} is also held by subscription {other!r} at the same time with the same "
                        f"priority ({subscription.priority}); give the two different priorities",
                    )
                    break
            by_key.setdefault((usage_key, subscription.priority), []).append((key, position, spans))


def _references(scene: Scene, key: str, subscription: Subscription) -> Iterator[Found]:
    path = ("subscriptions", key)
    if not isinstance(scene.catalog.accounts, FileTable):
        yield from scene.refer("accounts", "account", subscription.account, (*path, "account"))
    for index, held in enumerate(subscription.plans):
        yield from scene.refer("plans", "plan", held.plan, (*path, "plans", index, "plan"))
    for field in ("sold_by", "introduced_by"):
        party = getattr(subscription, field)
        if party is not None:
            yield from scene.refer("parties", "party", party, (*path, field))


def _zone(scene: Scene, subscription: Subscription) -> ZoneInfo | None:
    accounts = scene.catalog.accounts
    account = None if isinstance(accounts, FileTable) else accounts.get(subscription.account)
    return zone_info(account.zone) if account is not None else None


def _history(key: str, plans: tuple[Holding, ...], spans: list[Range]) -> Iterator[Found]:
    """That each row of a history ends after it begins, and that no two hold at once."""
    path = ("subscriptions", key, "plans")
    for index, (held, (start, end)) in enumerate(zip(plans, spans, strict=True)):
        if start > end:
            yield (
                (*path, index, "until"),
                f"{shown(held.valid_until)} is before from ({held.valid_from}); until is the first day without",
            )
    order = sorted(range(len(spans)), key=lambda index: spans[index])
    for before, after in pairwise(order):
        if meet(spans[before], spans[after]):
            yield (
                (*path, after),
                f"overlaps plans[{before}] ({plans[before].plan}); a subscription holds one plan at a time, so end "
                "one where the other begins, or use a second subscription",
            )
