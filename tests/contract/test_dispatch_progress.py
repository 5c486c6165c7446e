"""What every ModuleStore remembers for the dispatcher: cursors, shards, resumptions, sweeps."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.due import Progress, WakeUp
from notification_core.ports import Ports
from tests.builders import NOON, a_module, a_pause, move_cursor

EVERY = timedelta(minutes=2)


@pytest.fixture
def name(ports: Ports) -> str:
    """A module of its own."""
    name = f"module-{uuid4()}"
    ports.modules.put(a_module(name=name))
    return name


def progress(ports: Ports, name: str) -> Progress:
    """How far its dispatch has come."""
    return ports.modules.progress()[name]


def test_a_module_that_was_never_dispatched_is_at_the_beginning(ports: Ports, name: str) -> None:
    assert progress(ports, name) == Progress()
    assert f"module-{uuid4()}" not in ports.modules.progress()


def test_a_tick_that_began_before_a_resumption_moves_no_cursor(ports: Ports, name: str) -> None:
    shard = f"{name}#0"
    before = progress(ports, name)
    ports.modules.pause(name, a_pause())
    ports.modules.resume(name)
    ports.modules.advance_cursors(name, before, {shard: WakeUp(100, "b")})
    assert progress(ports, name).cursors == {}

    after = progress(ports, name)
    ports.modules.advance_cursors(name, after, {shard: WakeUp(5, "")})
    assert progress(ports, name).cursors == {shard: WakeUp(5, "")}

    ports.modules.pause(name, a_pause())
    ports.modules.resume(name)
    ports.modules.advance_cursors(name, after, {shard: WakeUp(100, "")})
    assert progress(ports, name).cursors == {}


def test_of_two_ticks_at_once_the_later_to_end_moves_no_cursor(ports: Ports, name: str) -> None:
    """It may not have come as far. What it has enqueued beyond comes twice."""
    before = progress(ports, name)
    first = {f"{name}#0": WakeUp(100, "b"), f"{name}#1": WakeUp(7, "")}
    ports.modules.advance_cursors(name, before, first)

    ports.modules.advance_cursors(name, before, {f"{name}#0": WakeUp(99, "c")})
    assert progress(ports, name).cursors == first
    ports.modules.advance_cursors(name, before, {f"{name}#2": WakeUp(99, "c")})
    assert progress(ports, name).cursors == first

    ports.modules.advance_cursors(name, progress(ports, name), {f"{name}#0": WakeUp(101, "")})
    assert progress(ports, name).cursors == first | {f"{name}#0": WakeUp(101, "")}


def test_the_deployed_modules_and_their_progress_are_read_at_once(ports: Ports, name: str) -> None:
    move_cursor(ports, name, f"{name}#0", WakeUp(5, ""))
    ports.modules.save_shards(name, 8)
    assert ports.modules.begin_probe(name, NOON, EVERY)

    [found] = [each for each in ports.modules.deployed() if each[0].name == name]

    assert found == (a_module(name=name), progress(ports, name))
    assert found[1].noted_shards == 8
    assert f"progress#{name}" not in {each.name for each in ports.modules.all()}


def test_a_resumption_without_a_pause_returns_none(ports: Ports, name: str) -> None:
    before = progress(ports, name)

    ports.modules.resume(name)

    assert progress(ports, name) == before


def test_the_number_of_shards_is_noted_and_never_falls(ports: Ports, name: str) -> None:
    ports.modules.save_shards(name, 8)
    ports.modules.save_shards(name, 4)
    assert progress(ports, name).noted_shards == 8

    ports.modules.pause(name, a_pause())
    ports.modules.resume(name)
    ports.modules.put(a_module(name=name, retry_time_interval=5))
    assert progress(ports, name).noted_shards == 8


def test_nothing_is_noted_of_what_was_never_deployed(ports: Ports) -> None:
    name = f"module-{uuid4()}"

    ports.modules.save_shards(name, 8)

    assert ports.modules.get(name) is None
    assert name not in ports.modules.progress()


def test_the_time_of_the_last_sweep_is_returned(ports: Ports, name: str) -> None:
    assert ports.modules.begin_sweep(name, NOON, EVERY)
    assert not ports.modules.begin_sweep(name, NOON + EVERY / 2, EVERY)

    assert progress(ports, name).swept_at == NOON


def test_an_undeployed_module_is_forgotten(ports: Ports, name: str) -> None:
    move_cursor(ports, name, f"{name}#0", WakeUp(5, ""))
    ports.modules.save_shards(name, 8)
    assert ports.modules.begin_sweep(name, NOON, EVERY)

    ports.modules.remove(name)
    ports.modules.put(a_module(name=name))

    assert progress(ports, name) == Progress()


def test_only_messages_that_can_be_received_now_make_a_queue_deep(ports: Ports) -> None:
    before = ports.queues.depth("pigeon")

    assert ports.queues.send("pigeon", [(WakeUp(n, str(uuid4())), 900) for n in range(250)])
    assert ports.queues.depth("pigeon") == before
    assert ports.queues.send("pigeon", [(WakeUp(n, str(uuid4())), 0) for n in range(250)])
    assert ports.queues.depth("pigeon") > before
