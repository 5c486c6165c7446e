"""Let everything come to rest, with nothing more going wrong, and see that nothing is left over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.domain.clock import from_epoch_ms
from notifications.domain.due import shards_of
from notifications.domain.modules import PausedBy
from notifications.domain.notification import Notification
from notifications.domain.outcome import Confirmed
from notifications.domain.status import Status
from notifications.domain.timing import TICK
from notifications.ports import WakeUp
from notifications.usecases.dispatch import BEGINNING, dispatch
from notifications.usecases.pause import resume_target
from tests.model.invariants import END_OF_TIME
from tests.model.ledger import Violated
from tests.model.worlds import TARGET

if TYPE_CHECKING:
    from tests.model.machine import Machine

#: Ticks of the dispatcher within which everything must have come to its end.
TICKS = 60

WENT = frozenset({Status.SENT, Status.DELIVERED})


def come_to_rest(machine: Machine) -> None:
    """End what is under way, then let the clock, the dispatcher and the consumers run.

    Raises:
        Violated: something has not ended, or not as it should have.
    """
    for actor in [*machine.actors]:
        actor.go_on()
    machine.tidy()
    while machine.faults.on_their_way:
        machine.land(0)
    _mend(machine)
    wanted = [each.id for each in machine.notifications if _must_go(machine, each)]
    for _ in range(TICKS):
        if not (owed := _owed(machine)):
            break
        _tick(machine, owed)
    machine.nothing_is_lost()
    _see(machine, wanted)


def _mend(machine: Machine) -> None:
    """A person's pause is ended by a person; a fault's must end by itself."""
    module = machine.ports.modules.get(machine.module.name)
    if module is not None and module.pause is not None and module.pause.by is PausedBy.PERSON:
        resume_target(machine.faulty, TARGET)
    for call in machine.taken:
        call.verdict = call.verdict or Confirmed()


def _must_go(machine: Machine, each: Notification) -> bool:
    """Whether it waits, and nothing stands against it."""
    ledger = machine.ledger
    free = not ledger.is_refused(each) and not ledger.is_switched_off(each)
    return each.is_waiting and each.deliver_before is None and free


def _owed(machine: Machine) -> list[WakeUp]:
    shards = shards_of(machine.module.name, machine.ports.due_shards)
    pages = [
        page
        for shard in shards
        for page in machine.ports.notifications.due(shard, BEGINNING, END_OF_TIME)
    ]
    return sorted(wake_up for page in pages for wake_up in page)


def _tick(machine: Machine, owed: list[WakeUp]) -> None:
    next_one = from_epoch_ms(owed[0].due_at) - timedelta(seconds=30)
    machine.watch.now = max(machine.watch.now + TICK, next_one)
    machine.start("dispatcher", lambda: dispatch(machine.faulty, lambda: False))
    batch, machine.queue.messages = machine.queue.messages, []
    if batch:
        machine.watch.forward(seconds=1)
        machine.deliver(batch)


def _see(machine: Machine, wanted: list[str]) -> None:
    """Everything has ended, and what should have gone went."""
    stored = machine.ports.notifications.get([*machine.ledger.standing])
    for each in stored:
        if each is None or not each.is_final:
            raise Violated(f"{each} has not ended")
        if each.id in wanted and each.status not in WENT:
            raise Violated(f"{each} should have gone")
        if each.status is Status.SENT and machine.module.confirmation is None:
            raise Violated(f"{each} waits for a confirmation that nobody gives")
