"""Let everything come to rest, with nothing more going wrong, and see that nothing is left over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.delivery import Confirmed
from notification_core.domain.due import WakeUp
from notification_core.domain.jobs import JobState
from notification_core.domain.modules import PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import TICK
from tests.model.changes import WENT, of_the_truth
from tests.model.invariants import owed_by
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
        stage.faults.on_their_way.pop(0).land(stage.watch.now)
    _mend(stage)
    wanted = [each.id for each in stage.notifications if _must_go(stage, each)]
    run(stage, TICKS)
    stage.look_for_losses()
    _see(stage, wanted)


def run(stage: Stage, ticks: int) -> None:
    """Let the system run, with nothing more going wrong, until nothing is owed any more."""
    for _ in range(ticks):
        stage.tell_again()
        owed = owed_by(stage.ledger)
        running = any(each.state is JobState.RUNNING for each in stage.jobs)
        if not owed and not stage.queue.jobs and not running:
            break
        _tick(stage, owed)


def _mend(stage: Stage) -> None:
    """A person's pause is ended by a person; a fault's must end by itself."""
    module = stage.real.modules.get(stage.module.name)
    if module is not None and module.pause is not None and module.pause.by is PausedBy.PERSON:
        stage.pause(paused=False)
    for call in stage.provider.taken:
        call.verdict = call.verdict or Confirmed()


def _must_go(stage: Stage, each: Notification) -> bool:
    """Whether it waits, and nothing stands against it."""
    return each.is_waiting and each.deliver_before is None and _may_go(stage, each)


def _may_go(stage: Stage, notification: Notification) -> bool:
    """Whether its user and its record still allow it."""
    promises = stage.ledger.promises
    allowed = not promises.was_refused(notification) and not promises.is_switched_off(notification)
    return allowed and notification.user not in stage.ledger.erased


def _tick(stage: Stage, owed: list[WakeUp]) -> None:
    later = stage.watch.now + TICK
    next_one = from_epoch_ms(owed[0].due_at) - timedelta(seconds=30) if owed else later
    stage.watch.now = max(later, next_one)
    stage.dispatch()
    for _ in range(len(stage.queue.jobs)):
        stage.work()
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
        stage.ledger.violations += of_the_truth(stage.ledger, each)
        # A report that is told again in the end may still switch a record off.
        if each.id in wanted and each.status not in WENT and _may_go(stage, each):
            raise Violated(f"{each} should have gone")
        if each.status is Status.SENT and stage.module.confirmation is None:
            raise Violated(f"{each} waits for a confirmation that nobody gives")
    stage.ledger.raise_violations()
    running = [each for each in stage.jobs if each.state is JobState.RUNNING]
    if running:
        raise Violated(f"{running} have not ended")
