"""Let everything come to rest, with nothing more going wrong, and see that nothing is left over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.domain.clock import from_epoch_ms
from notifications.domain.due import shards_of
from notifications.domain.modules import PausedBy
from notifications.domain.notification import Notification
from notifications.domain.outcome import Complained, Confirmed
from notifications.domain.status import FAILED, Status
from notifications.domain.timing import TICK
from notifications.ports import BEGINNING, WakeUp
from tests.model.invariants import END_OF_TIME, WENT
from tests.model.ledger import Violated

if TYPE_CHECKING:
    from tests.model.stage import Stage

#: Ticks of the dispatcher within which everything must have come to its end.
TICKS = 40


def come_to_rest(stage: Stage) -> None:
    """End what is under way, then let the clock, the dispatcher and the consumers run.

    Raises:
        Violated: something has not ended, or not as it should have.
    """
    for actor in [*stage.actors]:
        actor.go_on()
    stage.tidy()
    while stage.faults.on_their_way:
        stage.faults.on_their_way.pop(0)()
    _mend(stage)
    wanted = [each.id for each in stage.notifications if _must_go(stage, each)]
    for _ in range(TICKS):
        stage.tell_again()
        if not (owed := _owed(stage)):
            break
        _tick(stage, owed)
    stage.look_for_losses()
    _see(stage, wanted)


def _mend(stage: Stage) -> None:
    """A person's pause is ended by a person; a fault's must end by itself."""
    module = stage.real.modules.get(stage.module.name)
    if module is not None and module.pause is not None and module.pause.by is PausedBy.PERSON:
        stage.pause(paused=False)
    for call in stage.ledger.taken:
        call.verdict = call.verdict or Confirmed()


def _must_go(stage: Stage, each: Notification) -> bool:
    """Whether it waits, and nothing stands against it."""
    ledger = stage.ledger
    free = not ledger.is_refused(each) and not ledger.is_switched_off(each)
    return each.is_waiting and each.deliver_before is None and free


def _owed(stage: Stage) -> list[WakeUp]:
    shards = shards_of(stage.module.name, stage.real.due_shards)
    pages = [
        page
        for shard in shards
        for page in stage.real.notifications.due(shard, BEGINNING, END_OF_TIME)
    ]
    return sorted(wake_up for page in pages for wake_up in page)


def _tick(stage: Stage, owed: list[WakeUp]) -> None:
    next_one = from_epoch_ms(owed[0].due_at) - timedelta(seconds=30)
    stage.watch.now = max(stage.watch.now + TICK, next_one)
    stage.dispatch()
    batch, stage.queue.messages = stage.queue.messages, []
    if batch:
        stage.watch.forward(seconds=1)
        stage.deliver(batch)


def _see(stage: Stage, wanted: list[str]) -> None:
    """Everything has ended, and what should have gone went."""
    stored = stage.real.notifications.get([*stage.ledger.standing])
    for each in stored:
        if each is None or not each.is_final:
            raise Violated(f"{each} has not ended")
        if each.id in wanted and each.status not in WENT:
            raise Violated(f"{each} should have gone")
        if each.status in FAILED and _arrived(stage, each):
            raise Violated(f"{each} was delivered, as the provider has said")
        if each.status is Status.SENT and stage.module.confirmation is None:
            raise Violated(f"{each} waits for a confirmation that nobody gives")


def _arrived(stage: Stage, each: Notification) -> bool:
    """Whether the provider's word that a message of it was delivered has been taken in."""
    calls = stage.ledger.calls_of(each.id)
    return any(call.heard and isinstance(call.verdict, Confirmed | Complained) for call in calls)
