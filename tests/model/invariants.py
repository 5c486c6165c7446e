"""What must hold whatever happens. Each returns what does not, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from notifications.domain.due import shards_of
from notifications.domain.notification import Claim, Notification
from notifications.domain.outcome import Delivery
from notifications.domain.status import TRANSITIONS, Status
from notifications.domain.timeline import MAY_HAVE_GONE
from notifications.domain.timing import LEASE
from notifications.ports import Change, WakeUp
from notifications.usecases.dispatch import BEGINNING
from notifications.usecases.enqueue import wake_up_of

if TYPE_CHECKING:
    from tests.model.ledger import Call, Ledger
    from tests.model.stepper import Actor

#: Who may settle an attempt while its consumer still lives: the provider is heard first.
OVERTAKES = "report"

END_OF_TIME = 2**53


def of_a_call(ledger: Ledger, actor: Actor | None, delivery: Delivery) -> Iterator[str]:
    """Nothing goes that must not go: just before the provider is given a notification."""
    stored, token = ledger.standing[delivery.id], ""
    if actor is not None:
        token = ledger.tokens.get((actor, delivery.id), "")
    claimed = ledger.claims.get((delivery.id, token))
    if claimed is None or actor is None:
        yield f"{delivery.id} is sent without a claim"
        return
    holds = stored.claim is not None and stored.claim.token == token
    if not holds and ledger.changed_by[delivery.id] != OVERTAKES:
        yield f"{delivery.id} is sent although its claim was settled by {ledger.changed_by}"
    if any(call.token == token for call in ledger.calls_of(delivery.id)):
        yield f"{delivery.id} is sent twice under one claim"
    if claimed.refused:
        yield f"{delivery.id} is sent although its user had said no before it was claimed"
    if claimed.switched_off:
        yield f"{delivery.id} is sent although its record was off before it was claimed"
    if delivery.id in ledger.silenced:
        yield f"{delivery.id} is sent although its user's no was acknowledged"
    if delivery.id in ledger.cancelled:
        yield f"{delivery.id} is sent although its cancellation was acknowledged"
    if claimed.at < claimed.due_at:
        yield f"{delivery.id} is claimed at {claimed.at}, before its turn at {claimed.due_at}"
    if stored.deliver_before is not None and stored.deliver_before <= claimed.at:
        yield f"{delivery.id} is sent after its deliver_before"
    if delivery.attempt > stored.max_retries:
        yield f"attempt {delivery.attempt} of {stored.max_retries} is made"
    yield from _duplicates(ledger.calls_of(delivery.id), ledger.module.on_unknown, stored)


def _duplicates(earlier: list[Call], policy: str, stored: Notification) -> Iterator[str]:
    """At most one possible duplicate, for one ambiguous end, where the policy allows it."""
    gone = sum(call.may_have_gone for call in earlier)
    doubtful = any(entry.event == MAY_HAVE_GONE for entry in stored.timeline)
    if gone > (policy == "at_least_once" and doubtful):
        yield f"{stored.id} is sent again ({policy}) although {gone} of its sends may have gone"


def of_a_change(ledger: Ledger, before: Notification | None, after: Notification) -> Iterator[str]:
    """A notification only ever moves as the table of states says, and forward."""
    if before is None:
        if after.status is not Status.SCHEDULED:
            yield f"{after.id} begins as {after.status}"
        return
    if after.status is not before.status and after.status not in TRANSITIONS[before.status]:
        yield f"{before.status} became {after.status}"
    if before.status is after.status is Status.SENDING and before.claim != after.claim:
        yield f"{after.id} is claimed while it is being sent"
    if after.retry_attempts > after.max_retries:
        yield f"{after.retry_attempts} of {after.max_retries} attempts are spent"
    if after.status in {Status.SENT, Status.DELIVERED} and not _was_taken(ledger, after):
        yield f"{after.id} is {after.status}, and no provider took it"
    if _is_put_back(before, after) and not _is_later(before, after):
        yield f"the turn of {after.id} that follows is not later than the last one"


def _was_taken(ledger: Ledger, notification: Notification) -> bool:
    return any(call.taken for call in ledger.calls_of(notification.id))


def _is_put_back(before: Notification, after: Notification) -> bool:
    """A SENT one's due time is that of a look: what failed does not wait for it."""
    return (
        after.due_at is not None
        and before.status in {Status.SENDING, Status.RETRY}
        and (after.status not in {before.status, Status.SENDING})
    )


def _is_later(before: Notification, after: Notification) -> bool:
    return before.due_at is not None and after.due_at is not None and after.due_at > before.due_at


def of_a_claim(ledger: Ledger, claimed: Notification) -> Iterator[str]:
    """Whoever holds another claim settles nothing, be it one of this very turn."""
    now = claimed.updated_at
    before = replace(claimed, claim=Claim("a stranger's", now + LEASE))
    after = before.delivered(now, None, "a stranger's")
    if ledger.ports.notifications.advance([Change(before, after)]) != [False]:
        yield f"{claimed.id} was settled by somebody who does not hold its claim"


def of_a_cursor(ledger: Ledger, read: Iterable[WakeUp], to: WakeUp) -> Iterator[str]:
    """A cursor passes only what the queue has accepted."""
    for wake_up in sorted(read):
        if wake_up <= to and wake_up not in ledger.enqueued:
            yield f"the cursor passed {wake_up}, which no queue accepted"


def of_the_index(ledger: Ledger) -> Iterator[str]:
    """Nothing is lost: each is stored, and either final or in the due index under its turn."""
    owed = {
        wake_up
        for shard in shards_of(ledger.module.name, ledger.ports.due_shards)
        for page in ledger.ports.notifications.due(shard, BEGINNING, END_OF_TIME)
        for wake_up in page
    }
    stored = ledger.ports.notifications.get([*ledger.standing])
    for notification_id, each in zip(ledger.standing, stored, strict=True):
        if each is None:
            yield f"{notification_id} is lost"
        elif each.due_at is not None and wake_up_of(each) not in owed:
            yield f"{notification_id} is {each.status} and not in the due index"
    expected = {wake_up_of(each) for each in stored if each is not None and each.due_at}
    yield from (f"{each} is in the due index for nothing" for each in owed - expected)
