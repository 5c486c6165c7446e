"""What must hold of each change of a notification: a status moves forward, and tells the truth."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from notification_core.domain.delivery import Complained, Confirmed
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, TRANSITIONS, Status
from notification_core.domain.timeline import EventKind
from tests.model.calls import possibly_sent

if TYPE_CHECKING:
    from tests.model.ledger import Ledger
    from tests.model.provider import Call
    from tests.model.stepper import Actor

CHANGEABLE = attrgetter(
    "content", "category", "scheduled_delivery", "deliver_before", "max_retries", "due_at"
)
WENT = frozenset({Status.SENT, Status.DELIVERED})
FAILED_FOR_CERTAIN = FAILED - {Status.UNKNOWN}


def of_a_change(
    ledger: Ledger, actor: Actor | None, before: Notification | None, after: Notification
) -> Iterator[str]:
    """A notification only ever moves as the table of states says, and forward."""
    if before is None:
        if after.status is not Status.SCHEDULED:
            yield f"{after.id} begins as {after.status}"
        if any(_of_one_request(ledger, after, other) for other in ledger.standing.values()):
            yield f"{after.id} is the second one of its request for {after.target_user_record}"
        return
    calls = ledger.provider.calls_of(after.id)
    moved = after.status is not before.status
    must_not_be = {
        "against the table": moved and after.status not in TRANSITIONS[before.status],
        "claimed while it is being sent": not moved and before.claim != after.claim,
        "out of attempts": after.retry_attempts > after.max_retries,
        "as no provider took it": after.status in WENT and not any(call.taken for call in calls),
        "not for a later turn": _is_put_back(before, after) and not _is_later(before, after),
        "as if it could not have gone": _is_redriven(before, after)
        and not before.possibly_sent_before
        and possibly_sent(calls) > 0,
        "although nobody had asked the provider": _is_given_up(before, after)
        and _is_unasked(ledger, actor, after),
        **_of_a_report(actor, before, after, calls),
        **_of_an_edit(actor, before, after),
    }
    for what, is_so in must_not_be.items():
        if is_so:
            yield f"{after.id} became {after.status} from {before.status}, {what}"
    yield from of_the_truth(ledger, after)


def is_changed(before: Notification, after: Notification) -> bool:
    """Whether this is a caller's change."""
    return _changes(after) > _changes(before)


def _changes(notification: Notification) -> int:
    return sum(entry.event == EventKind.CHANGED for entry in notification.timeline)


def _of_an_edit(actor: Actor | None, before: Notification, after: Notification) -> dict[str, bool]:
    """Only a caller's change touches what the caller decided, and only of what waits."""
    edited = is_changed(before, after)
    others = attrgetter("content", "category", "scheduled_delivery", "deliver_before")
    return {
        "changed by somebody else than its caller": edited
        and actor is not None
        and actor.kind != "patch",
        "changed though it did not wait": edited and not before.is_waiting,
        "changed and moved on": edited and after.status is not before.status,
        "changed in nothing": edited and CHANGEABLE(before) == CHANGEABLE(after),
        "changed behind its timeline": not edited and others(before) != others(after),
    }


def of_the_truth(ledger: Ledger, stored: Notification) -> Iterator[str]:
    """What the provider said was delivered, and was heard to say so, has not failed."""
    calls = ledger.provider.calls_of(stored.id)
    if stored.status in FAILED and any(call.is_confirmed for call in calls):
        yield f"{stored.id} is {stored.status}, and the provider had said that it was delivered"


def _of_a_report(
    actor: Actor | None, before: Notification, after: Notification, calls: list[Call]
) -> dict[str, bool]:
    """What a provider says of one message is not said of another."""
    if actor is None or actor.kind != "report" or after.status is before.status:
        return {}
    told: Call = actor.about
    others = [call for call in calls if call is not told]
    of_this = before.claim is None or before.claim.token == told.token
    of_this = of_this or before.lease_lapsed(after.updated_at)  # nobody sends under it any more
    latest = before.provider_message_id == told.message_id
    confirmed = isinstance(told.verdict, Confirmed | Complained)
    return {
        "by what was said of a message before": before.status is Status.SENDING and not of_this,
        "by what was said of another message": before.status is Status.SENT
        and not latest
        and not confirmed,
        "although another message may have gone": before.status is Status.UNKNOWN
        and after.status in FAILED_FOR_CERTAIN
        and told is not calls[-1]
        and possibly_sent(others) > 0,
    }


def _of_one_request(ledger: Ledger, one: Notification, other: Notification) -> bool:
    """Whether a request with a key made both of these for one address."""
    return (
        one.origin is not None
        and other.origin is not None
        and one.id != other.id
        and one.target_user_record == other.target_user_record
        and one.origin.fingerprint == other.origin.fingerprint
        and ledger.callers.get(one.id) == ledger.callers.get(other.id)
    )


def _is_given_up(before: Notification, after: Notification) -> bool:
    waited = before.status is Status.SENT and before.due_at is not None
    return waited and after.status is Status.SENT and after.due_at is None


def _is_unasked(ledger: Ledger, actor: Actor | None, after: Notification) -> bool:
    confirmation = ledger.module.confirmation
    can_be_asked = confirmation is not None and confirmation.poll_after is not None
    return can_be_asked and (actor, after.id) not in ledger.provider.asked


def _is_redriven(before: Notification, after: Notification) -> bool:
    return before.status in FAILED and after.status is Status.RETRY


def _is_put_back(before: Notification, after: Notification) -> bool:
    """A SENT one's due time is that of a look: what failed does not wait for it."""
    return (
        after.due_at is not None
        and before.status in {Status.SENDING, Status.RETRY}
        and (after.status not in {before.status, Status.SENDING})
    )


def _is_later(before: Notification, after: Notification) -> bool:
    return before.due_at is not None and after.due_at is not None and after.due_at > before.due_at
