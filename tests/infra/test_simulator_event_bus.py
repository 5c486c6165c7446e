"""SES's events go out in their order, ten in a request, each with its whole pause."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from infra.simulator.aws import event_bus
from infra.simulator.outgoing import PAUSE
from infra.simulator.settings import Settings
from infra.simulator.state import Simulator

Event = dict[str, Any]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, Sequence[Event]]]:
    """What is handed to the emulator, and when; no emulator is needed to count."""
    made: list[tuple[float, Sequence[Event]]] = []

    def put(_url: str, events: Sequence[Event]) -> list[str | None]:
        made.append((time.monotonic(), events))
        return [None] * len(events)

    monkeypatch.setattr(event_bus, "_put", put)
    return made


async def published(count: int, every: float = 0) -> tuple[list[float], Simulator]:
    simulator = Simulator(Settings(emulator_url="http://127.0.0.1:1"))
    asked = []
    for number in range(count):
        asked.append(time.monotonic())
        await event_bus.publish_later(simulator, [{"number": number}])
        await asyncio.sleep(every)
    while len(simulator.events) < count:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(PAUSE / 5)
    await simulator.outgoing.end()
    return asked, simulator


def test_events_go_out_in_their_order_ten_in_a_request(
    requests: list[tuple[float, Sequence[Event]]],
) -> None:
    _, simulator = asyncio.run(published(25))

    sizes = [len(events) for _, events in requests]
    assert (sum(sizes), max(sizes)) == (25, 10)
    assert len(sizes) <= 4, "one goes out first, and the others are together by then"
    assert [event["number"] for event in simulator.events] == list(range(25))


def test_each_event_has_its_whole_pause(requests: list[tuple[float, Sequence[Event]]]) -> None:
    asked, _ = asyncio.run(published(12, every=PAUSE / 4))

    sent = [moment for moment, events in requests for _ in events]
    assert all(late - early >= PAUSE for early, late in zip(asked, sent, strict=True))
    assert len(requests) < 12


def test_an_event_after_a_pause_is_published_too(
    requests: list[tuple[float, Sequence[Event]]],
) -> None:
    asyncio.run(published(2, every=PAUSE * 3))

    assert len(requests) == 2
