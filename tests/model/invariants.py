"""What must hold of claims, messages, cursors and the due index, each with what does not in words.

Of the calls of a provider see `calls.py`, of a notification's changes `changes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import BEGINNING, WakeUp, shards_of
from notification_core.domain.modules import Module, Precision
from notification_core.domain.notification import Notification
from notification_core.domain.timing import LEASE, MAX_DELAY
from notification_core.domain.transitions import Transition
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.hand_back import EARLIEST

if TYPE_CHECKING:
    from tests.model.ledger import Ledger
    from tests.model.stepper import Actor

END_OF_TIME = 2**53


def of_a_claim(ledger: Ledger, claimed: Notification) -> Iterator[str]:
    """Whoever holds another claim settles nothing, be it one of this very turn."""
    now = claimed.updated_at
    before = replace(claimed, claim=Claim("a stranger's", now + LEASE))
    after = before.delivered(now, None, "a stranger's")
    if ledger.ports.notifications.advance([Transition(before, after)]) != [False]:
        yield f"{claimed.id} was settled by somebody who does not hold its claim"


def of_a_cursor(ledger: Ledger, read: Iterable[WakeUp], to: WakeUp) -> Iterator[str]:
    """A cursor passes only what the queue has accepted."""
    for wake_up in sorted(read):
        if wake_up <= to and wake_up not in ledger.enqueued:
            yield f"the cursor passed {wake_up}, which no queue accepted"


def of_messages(
    module: Module, sender: Actor, messages: Iterable[tuple[WakeUp, int]]
) -> Iterator[str]:
    """No message comes before its time, or long before that of an exact one, by its sender's clock.

    So whoever is handed one too early hands it back once, but for what the clocks differ.
    """
    early = EARLIEST if module.precision == Precision.EXACT else timedelta(0)
    for wake_up, delay in messages:
        comes = to_epoch_ms(sender.came_at + timedelta(seconds=delay) + early)
        if comes < wake_up.due_at and delay < MAX_DELAY.total_seconds():
            yield f"the {sender.kind} sends {wake_up} {wake_up.due_at - comes} ms too early"


def of_the_index(ledger: Ledger) -> Iterator[str]:
    """Nothing is lost: each is stored, and either final or in the due index under its turn."""
    owed = {*owed_by(ledger)}
    stored = ledger.ports.notifications.get([*ledger.standing])
    for notification_id, each in zip(ledger.standing, stored, strict=True):
        if each is None:
            yield f"{notification_id} is lost"
        elif each.due_at is not None and wake_up_for(each) not in owed:
            yield f"{notification_id} is {each.status} and not in the due index"
    expected = {wake_up_for(each) for each in stored if each is not None and each.due_at}
    polls = {wake_up_for(each) for each in ledger.polls.values()}
    yield from (f"the poll {each} is not in the due index" for each in polls - owed)
    expected |= polls
    yield from of_what_is_asked_about(ledger)
    yield from (f"{each} is in the due index for nothing" for each in owed - expected)


def of_what_is_asked_about(ledger: Ledger) -> Iterator[str]:
    """What is SENT, and of which a provider can be asked, has an entry or is named by a poll."""
    confirmation = ledger.module.confirmation
    if confirmation is None or confirmation.poll_after is None:
        return
    now = ledger.ports.clock()
    named = {each for poll in ledger.polls.values() for each in poll.notifications}
    for each in ledger.standing.values():
        if each.is_awaited(now) and each.due_at is None and each.id not in named:
            yield f"{each.id} is SENT, and nobody will ask what became of it"


def owed_by(ledger: Ledger) -> list[WakeUp]:
    """Return what the due index holds, in order."""
    shards = shards_of(ledger.module.name, ledger.ports.due_shards)
    pages = (
        page
        for shard in shards
        for page in ledger.ports.notifications.due(shard, BEGINNING, END_OF_TIME)
    )
    return sorted(wake_up for page in pages for wake_up in page)
