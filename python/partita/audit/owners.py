"""Whole counter owners: accounts with all others that a key of theirs leads to, as they must be rated together."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from .material import Material, Rows


class Owners:
    """The accounts of a run, and which of them share keys."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.held: dict[str, list[str]] = {name: [] for name in material.accounts}
        self.by_key: dict[str, list[str]] = {}
        for subscription, rows in material.subscriptions.items():
            account = rows[0]["account"]
            self.held[account].append(subscription)
            for key in keys_of(rows):
                self.by_key.setdefault(key, []).append(account)

    def sampled(self, number: int, seed: int) -> list[str]:
        """Some of the accounts that hold anything, always the same for a seed."""
        holders = [account for account, held in self.held.items() if held]
        return random.Random(seed).sample(holders, min(number, len(holders)))

    def groups(self, accounts: Iterable[str], size: int) -> Iterator[list[str]]:
        """The accounts, each with all that belong to it, in groups of at least this size."""
        done: set[str] = set()
        group: list[str] = []
        for account in accounts:
            if account not in done:
                together = self._together(account)
                done.update(together)
                group.extend(together)
            if len(group) >= size:
                yield group
                group = []
        if group:
            yield group

    def subscriptions(self, accounts: Iterable[str]) -> Rows:
        """The rows of all that some accounts hold."""
        held = (name for account in accounts for name in self.held[account])
        return [row for name in held for row in self.material.subscriptions[name]]

    def _together(self, account: str) -> list[str]:
        found, waiting = [account], [account]
        while waiting:
            rows = self.subscriptions([waiting.pop()])
            others = {other for key in keys_of(rows) for other in self.by_key[key]} - set(found)
            found.extend(sorted(others))
            waiting.extend(others)
        return found


def keys_of(rows: Rows) -> set[str]:
    """The keys of a subscription's rows."""
    return {key for row in rows for key in ([row["key"]] if row.get("key") is not None else row.get("keys") or ())}
