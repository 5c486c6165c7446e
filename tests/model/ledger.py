"""What really happened, written down beside the system and not by it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notification_core.domain.claim import Claim
from notification_core.domain.due import WakeUp
from notification_core.domain.jobs import JobKind
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.status import FAILED, Status
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import Ports
from tests.model import calls, changes, invariants
from tests.model.promises import Promises
from tests.model.provider import Provider
from tests.model.stepper import Actor
from tests.model.templates import text_of


@dataclass
class Claimed:
    """A claim that was stored, and what stood against sending then, and has ever since."""

    at: datetime  #: by the clock of whoever claimed
    due_at: datetime
    refused: bool  #: an opt-out covers it
    switched_off: bool  #: its record is inactive or gone
    delivered: bool  #: the provider had said so, and was heard


class Violated(AssertionError):
    """An invariant does not hold."""


@dataclass
class Ledger:
    """Witness of every call that is carried out; asks the invariants about each."""

    ports: Ports  # the real ones, past all faults
    module: Module
    provider: Provider = field(default_factory=Provider)
    standing: dict[str, Notification] = field(default_factory=dict)  #: as last seen in the store
    erased: set[str] = field(default_factory=set)  #: users whose erasure was asked for
    outlived: set[Actor] = field(default_factory=set)  #: what was under way when one was done
    removed: set[str] = field(default_factory=set)  #: notifications of those
    created_by: dict[Actor | None, list[str]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[str, str] = field(default_factory=dict)  #: the body of each, as it was accepted
    callers: dict[str, str | None] = field(default_factory=dict)  #: who asked for it
    claims: dict[tuple[str, str], Claimed] = field(default_factory=dict)  #: by id and token
    enqueued: set[WakeUp] = field(default_factory=set)  #: what the queue ever accepted
    read: dict[tuple[Actor, str], set[WakeUp]] = field(default_factory=lambda: defaultdict(set))
    jobs: set[str] = field(default_factory=set)  #: that the queue has had a message of
    opt_out_jobs: dict[Actor | None, list[str]] = field(default_factory=lambda: defaultdict(list))
    risked: Counter[str] = field(default_factory=Counter)  #: redriven though it may have gone
    violations: list[str] = field(default_factory=list)
    changed_by: dict[Actor | None, list[str]] = field(default_factory=lambda: defaultdict(list))
    changed: set[str] = field(default_factory=set)  #: by its caller, since it was accepted
    polls: dict[str, Poll] = field(default_factory=dict)  #: as they stand in the store
    moved: bool = False  #: something was written since the last check

    def __post_init__(self) -> None:
        self.promises = Promises(self.ports, self.module, self.standing)

    def raise_violations(self) -> None:
        """Raise Violated if anything has been found."""
        if self.violations:
            raise Violated("; ".join(self.violations))

    def before(self, actor: Actor | None, name: str, args: Sequence[Any]) -> None:
        if name == "provider.send" and actor is not None:
            self.violations += calls.of_a_call(self, actor, args[0])
        if name == "modules.advance_cursors" and actor is not None:
            for shard, to in args[2].items():
                self.violations += invariants.of_a_cursor(self, self.read[actor, shard], to)

    def after(self, actor: Actor | None, name: str, args: Sequence[Any], result: Any) -> None:
        match name:
            case "notifications.create":
                self._created(actor, args[0], result)
            case "notifications.advance" | "notifications.remove":
                self.poll_at((_id_of(each) for each in args[0]), actor)
            case "notifications.claim":
                self._claimed(actor, args[0], args[1], args[2], result)
            case "notifications.due" if actor is not None:
                self.read[actor, args[0]] |= set(result)
            case _:
                self._after_others(actor, name, args, result)

    def _after_others(
        self, actor: Actor | None, name: str, args: Sequence[Any], result: Any
    ) -> None:
        match name:
            case "notifications.add_poll" | "notifications.replace_poll":
                self._see_poll(args[0])
            case "queues.send" if result:
                self._enqueued(actor, args[1])
            case "queues.enqueue_job" if result:
                self.jobs.add(args[0])
            case "jobs.put" if result and args[0].kind is JobKind.OPT_OUT and not args[0].revision:
                self.opt_out_jobs[actor].append(args[0].id)
            case "contents.put":
                large = [content.key for content in result if content.key is not None]
                self._see_who_adds(actor, large)
            case "records.add" | "opt_outs.put" | "records.replace":
                if name != "records.replace":
                    self._see_who_adds(actor, [name])
                self._forget_what_stood_against()

    def _enqueued(self, actor: Actor | None, messages: Sequence[tuple[WakeUp, int]]) -> None:
        self.enqueued |= {wake_up for wake_up, _ in messages}
        if actor is not None:
            self.violations += invariants.of_messages(self.module, actor, messages)

    def _see_poll(self, poll: Poll) -> None:
        """Read it as it stands: whoever claims it is refused, and shown it."""
        nobody = Claim("nobody's", poll.due_at)
        [refused] = self.ports.notifications.claim(
            [WakeUp(0, poll.id)], nobody, poll.due_at, poll.module
        )
        self.polls.pop(poll.id, None)
        if isinstance(refused, ClaimRejected) and refused.poll is not None:
            self.polls[poll.id] = refused.poll
        self.moved = True

    def _see_who_adds(self, actor: Actor | None, added: list[str]) -> None:
        if added and actor in self.outlived:
            self.violations.append(f"{added} was added after its user had been erased")

    def _created(
        self, actor: Actor | None, given: Sequence[Notification], stood: Sequence[object]
    ) -> None:
        added = [each for each, before in zip(given, stood, strict=True) if before is None]
        ids = [each.id for each in added]
        self.created_by[actor] += ids
        self.callers |= dict.fromkeys(ids, actor.about if actor else None)
        loaded: Sequence[Any] = self.ports.contents.load([each.content for each in added])
        self.texts |= {each: text_of(content) for each, content in zip(ids, loaded, strict=True)}
        self._see_who_adds(actor, ids)
        self.poll_at((each.id for each in given), actor)

    def poll_at(self, ids: Iterable[str], actor: Actor | None) -> None:
        """See how notifications stand, and whether they may stand so after what they were."""
        named = list(ids)
        for notification_id, now in zip(named, self.ports.notifications.get(named), strict=True):
            before = self.standing.get(notification_id)
            if now is None:
                self._gone(before)
            elif now != before:
                self.violations += changes.of_a_change(self, actor, before, now)
                if before is not None and before.status in FAILED and now.status is Status.RETRY:
                    self.risked[now.id] += before.possibly_sent_before
                    self.promises.stopped.discard(now.id)  # a person wants it to go
                if before is not None and changes.is_changed(before, now):
                    self._changed(actor, before, now)
                self.standing[now.id] = now
                self.moved = True

    def _changed(self, actor: Actor | None, before: Notification, now: Notification) -> None:
        """A caller has changed it: it must be sent as it stands now."""
        self.changed_by[actor].append(now.id)
        self.changed.add(now.id)
        if now.content != before.content:
            [content] = self.ports.contents.load([now.content])
            assert not isinstance(content, Exception)
            self.texts[now.id] = text_of(content)
        if now.category != before.category:  # a no that is under way may not cover it any more
            self.promises.stopped.discard(now.id)
            self.promises.recategorised.add(now.id)
            self.promises.look_again()

    def _gone(self, before: Notification | None) -> None:
        """One that an erasure has removed is not lost."""
        if before is not None and before.user in self.erased:
            self.removed.add(before.id)
            del self.standing[before.id]

    def _claimed(
        self,
        actor: Actor | None,
        wake_ups: Sequence[WakeUp],
        claim: Claim,
        now: datetime,
        results: Sequence[object],
    ) -> None:
        self.poll_at((each.id for each in wake_ups), actor)
        for result in results:
            if not isinstance(result, Notification):
                continue
            if actor is not None:
                self.provider.tokens[actor, result.id] = claim.token
            self.claims[result.id, claim.token] = Claimed(
                at=now,
                due_at=result.due_at or now,
                refused=self.promises.is_opted_out(result),
                switched_off=self.promises.is_switched_off(result),
                delivered=any(call.is_confirmed for call in self.provider.calls_of(result.id)),
            )
            self.violations += invariants.of_a_claim(self, result)

    def _forget_what_stood_against(self) -> None:
        for (notification_id, _), claimed in self.claims.items():
            standing = self.standing.get(notification_id)
            if standing is None:
                continue
            claimed.refused = claimed.refused and self.promises.is_opted_out(standing)
            claimed.switched_off = claimed.switched_off and self.promises.is_switched_off(standing)
        self.promises.look_again()


def _id_of(item: Transition | Notification) -> str:
    return item.before.id if isinstance(item, Transition) else item.id
