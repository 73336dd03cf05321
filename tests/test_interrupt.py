"""A signal whose handler raises ends a long call where it is, and nothing is moved."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

import partita
from partita import Engine

from . import threads


class EnoughError(Exception):
    """What the handler raises."""


@pytest.fixture
def alarm() -> Iterator[None]:
    """A handler for the alarm clock that raises."""

    def ring(*_: object) -> None:
        raise EnoughError

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_long_call_ends_when_a_handler_raises(alarm: None) -> None:
    session = Engine(partita.load(threads.CATALOG)).session()
    few = threads.usage()
    started = time.perf_counter()
    session.rate(few)
    seconds = time.perf_counter() - started
    moved = session.counters
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with pytest.raises(EnoughError):
        session.rate(pa.concat_tables([few] * 40))
    assert session.counters.equals(moved)
    session.rate(few)
    assert not session.counters.equals(moved)
