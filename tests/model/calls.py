"""What must hold of each call of the provider: nothing goes that must not go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from notification_core.domain.delivery import Delivery
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind

if TYPE_CHECKING:
    from tests.model.ledger import Claimed, Ledger
    from tests.model.provider import Call
    from tests.model.stepper import Actor

FOREVER = datetime.max.replace(tzinfo=UTC)


def of_a_call(ledger: Ledger, actor: Actor, delivery: Delivery) -> Iterator[str]:
    """Look just before the provider is given a notification."""
    token = ledger.provider.tokens.get((actor, delivery.id), "")
    claimed = ledger.claims.get((delivery.id, token))
    stored = ledger.standing.get(delivery.id)
    if claimed is None or stored is None:
        yield f"{delivery.id} is sent without a claim"
        return
    calls = ledger.provider.calls_of(stored.id)
    holds = stored.claim is not None and stored.claim.token == token
    must_not_be = {
        "settled by somebody else": not holds,
        "sent under this claim": any(call.token == token for call in calls),
        "accepted with another text": delivery.body != ledger.texts[stored.id],
        "addressed to another module": actor.about != stored.module,
        "too late when it was given to the provider": actor.came_at
        >= (stored.deliver_before or FOREVER),
        **_of_the_claim(claimed),
        **_of_promises(ledger, stored),
        **_of_attempts(ledger, stored, calls, delivery),
    }
    for what, is_so in must_not_be.items():
        if is_so:
            yield f"attempt {delivery.attempt} of {stored.id} goes, which had been {what}"


def _of_the_claim(claimed: Claimed) -> dict[str, bool]:
    return {
        "refused before it was claimed": claimed.refused,
        "left without an address before it was claimed": claimed.switched_off,
        "delivered before it was claimed, as the provider had said": claimed.delivered,
        "claimed before its turn": claimed.at < claimed.due_at,
    }


def _of_promises(ledger: Ledger, stored: Notification) -> dict[str, bool]:
    return {
        "refused, and that was acknowledged": stored.id in ledger.promises.silenced,
        "stopped by a no that was acknowledged": stored.id in ledger.promises.stopped,
        "cancelled, and that was acknowledged": stored.id in ledger.promises.cancelled,
    }


def _of_attempts(
    ledger: Ledger, stored: Notification, calls: list[Call], delivery: Delivery
) -> dict[str, bool]:
    spent = sum(not call.is_free for call in calls)
    allowed = stored.max_retries
    return {
        "out of attempts": delivery.attempt > allowed,
        "given to the provider as often as may be": spent >= allowed,
        "sent as often as may be": possibly_sent(calls) > _may_be_doubled(ledger, stored),
    }


def possibly_sent(calls: list[Call]) -> int:
    """Count the calls that nobody knows of that they did not go."""
    return sum(call.possibly_sent for call in calls)


def _may_be_doubled(ledger: Ledger, stored: Notification) -> int:
    """Once by the policy, after an ambiguous end; and as often as a person has risked it."""
    doubtful = any(entry.event == EventKind.POSSIBLY_SENT for entry in stored.timeline)
    by_policy = ledger.module.on_unknown == "at_least_once" and doubtful
    return by_policy + ledger.risked[stored.id]
