"""Faults that the model must find: each breaks one thing that keeps the promise."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain import attempt_policy, delivery_reports
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms, to_millisecond
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import ErrorClass
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.usecases.consent import opt_out
from notification_core.usecases.sending import cancel, change, claims, deliver, dispatch, preflight

Mutation = AbstractContextManager[Any]


def claim_without(*conditions: str) -> Mutation:
    """Claim in memory without asking for the status, or for the turn."""

    def claim(
        self: MemoryNotifications, wake_up: WakeUp, claim: Claim, now: Any, _module: str
    ) -> Notification | ClaimRejected:
        current = self.stored.get(wake_up.id)
        if current is None or current.is_final:
            return ClaimRejected(current)
        turn = current.due_at is not None and to_epoch_ms(current.due_at) == wake_up.due_at
        if ("status" not in conditions and not current.is_waiting) or (
            "turn" not in conditions and not turn
        ):
            return ClaimRejected(current)
        claimed = replace(
            current, status=Status.SENDING, claim=claim, attempted_delivery=now, updated_at=now
        )
        self.stored[wake_up.id] = claimed
        return claimed

    return patch.object(MemoryNotifications, "_claim", claim)


def advance_comparing(*names: str) -> Mutation:
    """Store in memory on fewer conditions."""

    def advance(self: MemoryNotifications, change: Transition) -> bool:
        current, before = self.stored[change.before.id], change.before
        if any(getattr(current, name) != getattr(before, name) for name in names):
            return False
        self.stored[before.id] = replace(change.after, content=current.content)
        return True

    return patch.object(MemoryNotifications, "_advance", advance)


def lapse(answer: bool) -> Mutation:
    """Say of every lease that it has lapsed, or that it has not."""

    def lapsed(self: Notification, _now: object) -> bool:
        return answer and self.claim is not None

    return patch.object(Notification, "lease_lapsed", lapsed)


def consent_unasked() -> Mutation:
    """Do not ask whether the user has said no."""
    return patch.object(attempt_policy, "is_opted_out", lambda *_: False)


def consent_before_the_claim() -> Mutation:
    """Ask, but before the claim: what is said between the two is not heard."""
    known: dict[str, Any] = {}
    claim, object_ = claims.claim_due, attempt_policy.end_if_blocked

    def claim_late(ports: Any, module: Any, due: Sequence[WakeUp], done: Any) -> Any:
        found = [each for each in ports.notifications.get([each.id for each in due]) if each]
        said = ports.opt_outs.get({each.user for each in found})
        known.update({each.id: said.get(each.user) for each in found})
        return claim(ports, module, due, done)

    def object_late(claimed: Notification, _now_said: object, *rest: Any) -> Any:
        return object_(claimed, known.get(claimed.id), *rest)

    both = patch.object(deliver, "claim_due", claim_late)
    return _both(both, patch.object(preflight, "end_if_blocked", object_late))


def _both(one: Any, other: Any) -> Mutation:
    class Both:
        def __enter__(self) -> None:
            one.start()
            other.start()

        def __exit__(self, *_: object) -> None:
            other.stop()
            one.stop()

    return Both()


def cancel_without_condition() -> Mutation:
    """Answer that it is cancelled whatever the store says."""

    def cancel_blindly(ports: Any, notification_id: str) -> Any:
        [current] = ports.notifications.get([notification_id])
        if not current.is_waiting:
            return cancel.CancelResult.TOO_LATE, current
        cancelled = current.cancelled(ports.clock())
        ports.notifications.advance([Transition(current, cancelled)])
        return cancel.CancelResult.CANCELLED, cancelled

    return patch.object(cancel, "cancel", cancel_blindly)


def change_without_condition() -> Mutation:
    """Answer that it is changed whatever the store says."""

    def write_blindly(self: Any, current: Notification, changed: Notification, _: Any) -> None:
        self._ports.notifications.advance([Transition(current, changed)])

    return patch.object(change._Change, "_write", write_blindly)


def change_without_a_turn() -> Mutation:
    """Move the time that is shown, and leave the turn to the old message."""
    changed = Notification.changed

    def keeping_its_turn(self: Notification, *args: Any, **values: Any) -> Any:
        values.pop("due_at", None)
        return changed(self, *args, **values)

    return patch.object(Notification, "changed", keeping_its_turn)


def opt_out_without_waiting() -> Mutation:
    """Answer before what is being sent has gone."""

    def end_all(ports: Any, opt_outs: Any, _patience: object) -> opt_out.Ended:
        budget = opt_out._Budget(opt_out.MAX_PAGES)
        modules = {module.name: module for module in ports.modules.all()}
        endings = [
            opt_out._Ending(ports, each, ports.clock(), budget, modules) for each in opt_outs
        ]
        for each in endings:
            each.end_listed()
        jobs = [each.job for each in endings if each.job]
        return opt_out.Ended(sum(each.ended for each in endings), jobs)

    return patch.object(opt_out, "end_all", end_all)


def cursor_first() -> Mutation:
    """Move the cursor before the queue has accepted."""
    enqueue = dispatch._Tick._enqueue

    def hasty(self: Any, module: Any, shard: str, after: WakeUp, until: WakeUp) -> Any:
        count, _ = enqueue(self, module, shard, after, until)
        return count or 1, until

    return patch.object(dispatch._Tick, "_enqueue", hasty)


def retry_what_may_have_gone(policies: Sequence[str], *, for_ever: bool) -> Mutation:
    """Try again what may have gone, more often than the policy allows."""

    def ambiguous(tried: Notification, failure: Any, module: Any, now: Any) -> Notification:
        before = any(entry.event == "possibly_sent" for entry in tried.timeline)
        if tried.attempt >= tried.max_retries or (before and not for_ever):
            return tried.unknown(now, failure)
        if module.on_unknown not in policies:
            return tried.unknown(now, failure)
        return tried.possibly_sent(now, failure, now + timedelta(seconds=30))

    ends = {**attempt_policy._ENDS, ErrorClass.AMBIGUOUS: ambiguous}
    return patch.object(attempt_policy, "_ENDS", ends)


def _objection_without_record(
    claimed: Notification, said: Any, record: Any, module: Any, now: Any
) -> Any:
    live = record and replace(record, active=True)
    return attempt_policy.end_if_blocked(claimed, said, live, module, now)


BOTH = ["at_least_once", "at_most_once"]

#: What is broken, in words.
MUTATIONS: dict[str, Callable[[], Mutation]] = {
    "a claim does not ask for the status": lambda: claim_without("status"),
    "a claim does not ask for the turn": lambda: claim_without("turn"),
    "a claim asks for nothing": lambda: claim_without("status", "turn"),
    "an outcome is stored under any token": lambda: advance_comparing("status", "due_at"),
    "an outcome is stored whatever stands": advance_comparing,
    "every claim has the same token": lambda: patch.object(
        claims, "Claim", lambda _, until: Claim("token", until)
    ),
    "a lease is over at once": lambda: patch.object(claims, "LEASE", timedelta(0)),
    "a lease never lapses": lambda: lapse(answer=False),
    "a lease has always lapsed": lambda: lapse(answer=True),
    "consent is not asked": consent_unasked,
    "consent is asked before the claim": consent_before_the_claim,
    "a record that is off is written to": lambda: patch.object(
        preflight, "end_if_blocked", _objection_without_record
    ),
    "a change has no condition": change_without_condition,
    "a change leaves the turn as it is": change_without_a_turn,
    "an opt-out does not wait": opt_out_without_waiting,
    "a cancellation has no condition": cancel_without_condition,
    "the cursor moves before the queue accepts": cursor_first,
    "nothing is swept": lambda: patch.object(dispatch._Tick, "begin_sweep", lambda *_: 0),
    "what may have gone is tried for ever": lambda: retry_what_may_have_gone(
        ["at_least_once"], for_ever=True
    ),
    "at most once is tried again": lambda: retry_what_may_have_gone(BOTH, for_ever=False),
    "a report of an earlier message ends the attempt under way": lambda: patch.object(
        delivery_reports, "_is_under_way", lambda *_: True
    ),
    "the due time does not grow": lambda: patch.object(
        Notification, "_later", lambda _, due_at: to_millisecond(due_at)
    ),
}

#: Those that no story is needed for.
BY_CHANCE = [
    "a claim does not ask for the status",
    "a claim does not ask for the turn",
    "an outcome is stored under any token",
    "every claim has the same token",
    "a lease is over at once",
    "a lease never lapses",
    "a lease has always lapsed",
    "consent is not asked",
]
