"""What every ModuleStore does of pauses and probes."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.due import WakeUp
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.sender_refusals import SenderRefusal
from notification_core.ports import Ports
from tests.builders import NOON, a_module, a_pause, move_cursor

PERSON = a_pause(by=PausedBy.PERSON, reason='a "storm" | ü', code="")
REPORTS = a_pause(by=PausedBy.REPORTS, code="5.7.26")
OTHER = a_pause(code="30002")
EVERY = timedelta(minutes=1)


@pytest.fixture
def name(ports: Ports) -> str:
    """A module of its own."""
    name = f"module-{uuid4()}"
    ports.modules.put(a_module(name=name))
    return name


def pause_of(ports: Ports, name: str) -> Pause | None:
    """Return its pause, which each way of reading must agree on."""
    module = ports.modules.get(name)
    assert module is not None
    assert module in ports.modules.all()
    return module.pause


def test_a_module_is_not_paused_by_default(ports: Ports, name: str) -> None:
    assert pause_of(ports, name) is None


@pytest.mark.parametrize(
    "pause", [a_pause(), PERSON, REPORTS, replace(PERSON, who="console: ann@example.com")]
)
def test_a_pause_is_read_back_until_it_is_ended(ports: Ports, name: str, pause: Pause) -> None:
    assert ports.modules.pause(name, pause)
    assert pause_of(ports, name) == pause

    assert ports.modules.resume(name)
    assert pause_of(ports, name) is None
    assert not ports.modules.resume(name)


@pytest.mark.parametrize(
    ("first", "second", "replaced"),
    [
        (a_pause(), OTHER, False),
        (a_pause(), PERSON, True),
        (PERSON, a_pause(), False),
        (PERSON, a_pause(by=PausedBy.PERSON), False),
        (REPORTS, PERSON, True),
        (REPORTS, a_pause(), False),
        (a_pause(), REPORTS, False),
        (PERSON, REPORTS, False),
    ],
)
def test_only_a_persons_pause_takes_the_place_of_another_and_of_no_persons(
    ports: Ports, name: str, first: Pause, second: Pause, *, replaced: bool
) -> None:
    ports.modules.pause(name, first)

    assert ports.modules.pause(name, second) is replaced
    assert pause_of(ports, name) == (second if replaced else first)


def test_a_module_that_was_never_deployed_is_neither_paused_nor_created(ports: Ports) -> None:
    name = f"module-{uuid4()}"

    assert not ports.modules.pause(name, a_pause())
    assert not ports.modules.resume(name)
    assert ports.modules.get(name) is None


@pytest.mark.parametrize(
    ("pause", "resumed"), [(a_pause(), True), (PERSON, False), (REPORTS, False)]
)
def test_a_probe_ends_no_other_pause_than_a_faults(
    ports: Ports, name: str, pause: Pause, *, resumed: bool
) -> None:
    ports.modules.pause(name, pause)

    assert ports.modules.resume(name, PausedBy.FAULT) is resumed
    assert (pause_of(ports, name) is None) is resumed


def test_nothing_is_resumed_that_is_not_paused(ports: Ports, name: str) -> None:
    assert not ports.modules.resume(name, PausedBy.FAULT)
    assert not ports.modules.resume(name)


def test_a_module_that_is_resumed_is_dispatched_from_the_beginning(ports: Ports, name: str) -> None:
    move_cursor(ports, name, f"{name}#0", WakeUp(100, "b"))
    ports.modules.pause(name, a_pause())
    assert ports.modules.progress()[name].cursors == {f"{name}#0": WakeUp(100, "b")}

    ports.modules.resume(name)

    assert ports.modules.progress()[name].cursors == {}
    move_cursor(ports, name, f"{name}#0", WakeUp(5, ""))
    assert ports.modules.progress()[name].cursors == {f"{name}#0": WakeUp(5, "")}


def test_a_resumption_that_ends_nothing_leaves_the_cursors(ports: Ports, name: str) -> None:
    move_cursor(ports, name, f"{name}#0", WakeUp(100, "b"))

    ports.modules.resume(name)

    assert ports.modules.progress()[name].cursors == {f"{name}#0": WakeUp(100, "b")}


def test_a_module_that_is_deployed_again_stays_paused(ports: Ports, name: str) -> None:
    ports.modules.pause(name, a_pause())

    ports.modules.put(a_module(name=name, retry_time_interval=5))

    module = ports.modules.get(name)
    assert module == a_module(name=name, retry_time_interval=5, pause=a_pause())


def test_one_of_several_consumers_probes_and_not_again_so_soon(ports: Ports, name: str) -> None:
    assert ports.modules.begin_probe(name, NOON, EVERY)
    assert not ports.modules.begin_probe(name, NOON, EVERY)
    assert not ports.modules.begin_probe(name, NOON + EVERY / 2, EVERY)
    assert ports.modules.begin_probe(name, NOON + EVERY, EVERY)


def test_a_probe_and_a_sweep_are_two_things(ports: Ports, name: str) -> None:
    assert ports.modules.begin_probe(name, NOON, EVERY)
    assert ports.modules.begin_sweep(name, NOON, EVERY)


def test_refusals_of_a_sender_are_replaced_only_as_they_were_read(ports: Ports, name: str) -> None:
    one = (SenderRefusal.of(NOON, "eggs@example.com"),)
    two = (*one, SenderRefusal.of(NOON + EVERY, "bacon@example.org"))
    assert ports.modules.sender_refusals(name) == ()

    assert ports.modules.replace_sender_refusals(name, (), one)
    assert not ports.modules.replace_sender_refusals(name, (), two), "somebody was faster"
    assert ports.modules.replace_sender_refusals(name, one, two)
    assert ports.modules.sender_refusals(name) == two
    ports.modules.put(a_module(name=name))
    assert ports.modules.sender_refusals(name) == two, "a deployment leaves them"
    assert ports.modules.replace_sender_refusals(name, two, ())
    assert ports.modules.sender_refusals(name) == ()


def test_nothing_is_remembered_of_a_module_that_was_never_deployed(ports: Ports) -> None:
    name = f"module-{uuid4()}"

    assert not ports.modules.replace_sender_refusals(
        name, (), (SenderRefusal.of(NOON, "eggs@example.com"),)
    )
    assert ports.modules.sender_refusals(name) == ()
    assert ports.modules.get(name) is None


def test_a_fault_after_the_pause_of_a_person_names_nobody(ports: Ports, name: str) -> None:
    assert ports.modules.pause(name, replace(PERSON, who="console: ann@example.com"))
    assert ports.modules.resume(name)

    assert ports.modules.pause(name, OTHER)

    assert pause_of(ports, name) == OTHER
