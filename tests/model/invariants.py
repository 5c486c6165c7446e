"""What must hold whatever happens. Each returns what does not, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from notifications.domain.claim import Claim
from notifications.domain.due import shards_of
from notifications.domain.notification import Notification
from notifications.domain.outcome import Delivery
from notifications.domain.status import FAILED, TRANSITIONS, Status
from notifications.domain.timeline import MAY_HAVE_GONE
from notifications.domain.timing import LEASE
from notifications.ports import BEGINNING, Change, WakeUp
from notifications.usecases.enqueue import wake_up_of

if TYPE_CHECKING:
    from tests.model.ledger import Call, Ledger
    from tests.model.stepper import Actor

WENT = frozenset({Status.SENT, Status.DELIVERED})

END_OF_TIME = 2**53
FOREVER = datetime.max.replace(tzinfo=UTC)


def of_a_call(ledger: Ledger, actor: Actor, delivery: Delivery) -> Iterator[str]:
    """Nothing goes that must not go: just before the provider is given a notification."""
    token = ledger.tokens.get((actor, delivery.id), "")
    claimed = ledger.claims.get((delivery.id, token))
    if claimed is None:
        yield f"{delivery.id} is sent without a claim"
        return
    stored, calls = ledger.standing[delivery.id], ledger.calls_of(delivery.id)
    holds = stored.claim is not None and stored.claim.token == token
    must_not_be = {
        "settled by somebody else": not holds,
        "sent under this claim": any(call.token == token for call in calls),
        "refused before it was claimed": claimed.refused,
        "left without an address before it was claimed": claimed.switched_off,
        "refused, and that was acknowledged": stored.id in ledger.silenced,
        "cancelled, and that was acknowledged": stored.id in ledger.cancelled,
        "claimed before its turn": claimed.at < claimed.due_at,
        "claimed when it was too late": claimed.at >= (stored.deliver_before or FOREVER),
        "out of attempts": delivery.attempt > stored.max_retries,
        "sent as often as may be": _may_have_gone(calls) > _may_be_doubled(ledger, stored),
    }
    for what, is_so in must_not_be.items():
        if is_so:
            yield f"attempt {delivery.attempt} of {stored.id} goes, which had been {what}"


def _may_have_gone(calls: list[Call]) -> int:
    return sum(call.may_have_gone for call in calls)


def _may_be_doubled(ledger: Ledger, stored: Notification) -> int:
    """Once by the policy, after an ambiguous end; and as often as a person has risked it."""
    doubtful = any(entry.event == MAY_HAVE_GONE for entry in stored.timeline)
    by_policy = ledger.module.on_unknown == "at_least_once" and doubtful
    return by_policy + ledger.risked[stored.id]


def of_a_change(ledger: Ledger, before: Notification | None, after: Notification) -> Iterator[str]:
    """A notification only ever moves as the table of states says, and forward."""
    if before is None:
        if after.status is not Status.SCHEDULED:
            yield f"{after.id} begins as {after.status}"
        if after.origin and any(
            _of_one_request(after, other) for other in ledger.standing.values()
        ):
            yield f"{after.id} is the second one of its request for {after.target_user_record}"
        return
    moved = after.status is not before.status
    must_not_be = {
        "against the table": moved and after.status not in TRANSITIONS[before.status],
        "claimed while it is being sent": not moved and before.claim != after.claim,
        "out of attempts": after.retry_attempts > after.max_retries,
        "as no provider took it": after.status in WENT and not _was_taken(ledger, after),
        "not for a later turn": _is_put_back(before, after) and not _is_later(before, after),
        "as if it could not have gone": _is_redriven(before, after)
        and not before.may_have_gone_before
        and _may_have_gone(ledger.calls_of(after.id)) > 0,
    }
    for what, is_so in must_not_be.items():
        if is_so:
            yield f"{after.id} became {after.status} from {before.status}, {what}"


def _of_one_request(one: Notification, other: Notification) -> bool:
    """Whether a request with a key made both of these for one address."""
    return (
        one.origin is not None
        and other.origin is not None
        and one.id != other.id
        and one.target_user_record == other.target_user_record
        and one.origin.fingerprint == other.origin.fingerprint
    )


def _is_redriven(before: Notification, after: Notification) -> bool:
    return before.status in FAILED and after.status is Status.RETRY


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
