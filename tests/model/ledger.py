"""What really happened, written down beside the system and not by it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications.domain.claim import Claim
from notifications.domain.consent import EVERYTHING, category_scope, target_scope
from notifications.domain.modules import Module
from notifications.domain.notification import Notification
from notifications.domain.outcome import Accepted, Awaited, Delivery, MayHaveGone, News, Outcome
from notifications.domain.status import FAILED, Status
from notifications.ports import Change, Ports, WakeUp
from tests.model import invariants
from tests.model.stepper import Actor, here


@dataclass
class Call:
    """A provider was given a notification."""

    id: str
    attempt: int
    token: str  #: of the claim it was made under
    message_id: str
    taken: bool  #: by the provider
    may_have_gone: bool = True  #: until somebody has been told that it did not
    verdict: News | None = None  #: what became of what it took, once that is drawn
    heard: bool = False  #: whether that was taken in


@dataclass
class Claimed:
    """A claim that was stored, and what stood against sending then, and has ever since."""

    at: datetime  #: by the clock of whoever claimed
    due_at: datetime
    refused: bool  #: an opt-out covers it
    switched_off: bool  #: its record is inactive or gone


class Violated(AssertionError):
    """An invariant does not hold."""


@dataclass
class Ledger:
    """Witness of every call that is carried out; asks the invariants about each."""

    ports: Ports  # the real ones, past all faults
    module: Module
    standing: dict[str, Notification] = field(default_factory=dict)  #: as last seen in the store
    changed_by: dict[str, str] = field(default_factory=dict)  #: who last changed it, in a word
    calls: list[Call] = field(default_factory=list)
    claims: dict[tuple[str, str], Claimed] = field(default_factory=dict)  #: by id and token
    silenced: set[str] = field(default_factory=set)  #: a user's no to it was acknowledged
    cancelled: set[str] = field(default_factory=set)  #: its cancellation was acknowledged
    enqueued: set[WakeUp] = field(default_factory=set)  #: what the queue ever accepted
    read: dict[tuple[Actor, str], set[WakeUp]] = field(default_factory=lambda: defaultdict(set))
    tokens: dict[tuple[Actor, str], str] = field(default_factory=dict)  #: under which one sends
    risked: Counter[str] = field(default_factory=Counter)  #: redriven though it may have gone
    answer: Outcome | None = None  #: of the provider to the next call; None: it takes it
    violations: list[str] = field(default_factory=list)
    moved: bool = False  #: something was written since the last check

    def raise_violations(self) -> None:
        """Raise Violated if anything has been found."""
        if self.violations:
            raise Violated("; ".join(self.violations))

    def before(self, actor: Actor | None, name: str, args: Sequence[Any]) -> None:
        if name == "provider.send" and actor is not None:
            self.violations += invariants.of_a_call(self, actor, args[0])
        if name == "modules.advance_cursor" and actor is not None:
            _, shard, to = args
            self.violations += invariants.of_a_cursor(self, self.read[actor, shard], to)

    def after(self, actor: Actor | None, name: str, args: Sequence[Any], result: Any) -> None:
        kind = actor.kind if actor else "nobody"
        match name:
            case "notifications.create":
                self.look_at((each.id for each in args[0]), kind)
            case "notifications.advance":
                self.look_at((_id_of(each) for each in args[0]), kind)
            case "notifications.claim":
                self._claimed(actor, args[0], args[1], args[2], result)
            case "notifications.due" if actor is not None:
                self.read[actor, args[0]] |= set(result)
            case "queues.send" if result:
                self.enqueued |= {wake_up for wake_up, _ in args[1]}
            case "opt_outs.put" | "records.replace":
                self._forget_what_stood_against()

    def look_at(self, ids: Iterable[str], kind: str) -> None:
        """See how notifications stand, and whether they may stand so after what they were."""
        named = list(ids)
        for notification_id, now in zip(named, self.ports.notifications.get(named), strict=True):
            if now is None or now == self.standing.get(notification_id):
                continue
            before = self.standing.get(now.id)
            self.violations += invariants.of_a_change(self, before, now)
            if before is not None and before.status in FAILED and now.status is Status.RETRY:
                self.risked[now.id] += before.may_have_gone_before
            self.standing[now.id], self.changed_by[now.id] = now, kind
            self.moved = True

    def _claimed(
        self,
        actor: Actor | None,
        wake_ups: Sequence[WakeUp],
        claim: Claim,
        now: datetime,
        results: Sequence[object],
    ) -> None:
        self.look_at((each.id for each in wake_ups), "a claim")
        for result in results:
            if not isinstance(result, Notification):
                continue
            if actor is not None:
                self.tokens[actor, result.id] = claim.token
            self.claims[result.id, claim.token] = Claimed(
                now, result.due_at or now, self.is_refused(result), self.is_switched_off(result)
            )
            self.violations += invariants.of_a_claim(self, result)

    def _forget_what_stood_against(self) -> None:
        for (notification_id, _), claimed in self.claims.items():
            standing = self.standing[notification_id]
            claimed.refused = claimed.refused and self.is_refused(standing)
            claimed.switched_off = claimed.switched_off and self.is_switched_off(standing)
        self.silenced = {each for each in self.silenced if self.is_refused(self.standing[each])}

    def is_refused(self, notification: Notification) -> bool:
        """Whether its user has said no to it, as the store has it now."""
        opt_out = self.ports.opt_outs.get([notification.user]).get(notification.user)
        return opt_out is not None and self.covers(opt_out.scopes, notification)

    def covers(self, scopes: Iterable[str], notification: Notification) -> bool:
        """Whether a no to these is one to this notification."""
        category = notification.category
        if category in self.module.mandatory_categories:
            return False
        mine = {EVERYTHING, target_scope(notification.target)}
        mine |= {category_scope(category)} if category else set()
        return not mine.isdisjoint(scopes)

    def is_switched_off(self, notification: Notification) -> bool:
        """Whether its record is inactive or gone."""
        record = self.ports.records.get([notification.target_user_record])
        return not any(each.active for each in record.values())

    def silence(self, scopes: Iterable[str]) -> None:
        """A user's no to these was acknowledged."""
        named = list(scopes)
        covered = [each for each in self.standing.values() if self.covers(named, each)]
        self.silenced |= {each.id for each in covered if self.is_refused(each)}

    def send(self, delivery: Delivery) -> Outcome:
        """Be the provider."""
        actor = here()
        token = self.tokens.get((actor, delivery.id), "") if actor else ""
        message_id = f"message-{len(self.calls) + 1}"
        outcome = self.answer or Accepted(message_id)
        self.answer = None
        taken = isinstance(outcome, Accepted)
        self.calls.append(Call(delivery.id, delivery.attempt, token, message_id, taken))
        return outcome

    def seen(self, delivery: Delivery, outcome: Outcome) -> None:
        """A consumer lived to see the provider's answer."""
        if not isinstance(outcome, Accepted | MayHaveGone):
            self.calls_of(delivery.id)[-1].may_have_gone = False

    @property
    def taken(self) -> list[Call]:
        """What the provider took and may tell of."""
        return [each for each in self.calls if each.taken]

    def verdicts(self, awaited: Sequence[Awaited]) -> list[News | None]:
        """Be the provider that is asked what became of messages."""
        calls = {call.message_id: call for call in self.calls}
        return [calls[each.provider_message_id].verdict for each in awaited]

    def calls_of(self, notification_id: str) -> list[Call]:
        """Return how often the provider was given it, oldest first."""
        return [each for each in self.calls if each.id == notification_id]


def _id_of(change: Change) -> str:
    return change.before.id
