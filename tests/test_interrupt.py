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


@pytest.fixture(params=[EnoughError, Exception, ValueError])
def alarm(request: pytest.FixtureRequest) -> Iterator[Exception]:
    """What a handler for the alarm clock raises: errors of its own, and such as the core has too."""
    error: Exception = request.param("enough")

    def ring(*_: object) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, ring)
    yield error
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_long_call_ends_when_a_handler_raises(alarm: Exception) -> None:
    session = Engine(partita.load(threads.CATALOG)).session()
    few = threads.usage()
    started = time.perf_counter()
    session.rate(few)
    seconds = time.perf_counter() - started
    moved = session.counters
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with pytest.raises(type(alarm)) as raised:
        session.rate(pa.concat_tables([few] * 40))
    assert raised.value is alarm
    assert session.counters.equals(moved)
    session.rate(few)
    assert not session.counters.equals(moved)
