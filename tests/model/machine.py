"""The rules: what may befall the system, in any order.

A new use case gets a method of `stage.py` and a rule here; what must hold of it goes to
`invariants.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from notification_core.domain.delivery import Accepted, Delayed, Outcome, ReportContent
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status
from notification_core.usecases.sending.draft import Draft
from tests.model import rest
from tests.model.choices import (
    END,
    SCOPES,
    VERDICTS,
    a_change,
    a_draft,
    answers,
    fates,
    few,
    places,
    skews,
)
from tests.model.consumers import CONTAINERS
from tests.model.people import CALLERS
from tests.model.stage import Stage
from tests.model.stepper import Fate
from tests.model.templates import FIELDS, publish
from tests.model.worlds import ADDRESSES, MODULE, OTHER_MODULE, RECORDS, MakeWorld

WHAT_PEOPLE_DO = [
    *["say", "say", "say", "cancel", "cancel", "pause", "change", "reply"],
    *["erase", "a deep queue"],
]

#: How often somebody interferes, at most, so that something is left to interfere with.
MOST = 4


class Machine(RuleBasedStateMachine):
    """The system, and all that may befall it."""

    world: ClassVar[MakeWorld]

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage | None = None
        self.drafts: dict[str, Draft] = {}
        self.interferences = 0

    @initialize(
        policy=st.sampled_from(["at_least_once", "at_most_once"]),
        poll_after=st.sampled_from([None, 60, 0]),
        names_attempts=st.booleans(),
        precision=st.sampled_from(["second", "second", "exact"]),
        per_second=st.sampled_from([None, None, None, 0.1]),
        lag=st.sampled_from([0, 0, 1]),
        fewest=st.sampled_from([1, 1, 3]),
    )
    def deploy(self, policy: str, poll_after: int | None, **module: Any) -> None:
        self.stage = Stage(type(self).world, policy, poll_after, **module)
        self.stage.create(a_draft(self.now, category="news"))

    @property
    def on(self) -> Stage:
        assert self.stage is not None
        return self.stage

    @property
    def now(self) -> Any:
        return self.on.watch.now

    @rule(
        key=st.sampled_from([None, None, "a", "b"]),
        caller=st.sampled_from([*CALLERS, CALLERS[0]]),
        body=st.sampled_from(["body", "body", "another body", None]),
        due=st.sampled_from([0, 0, 30, 100, 400]),
        before=st.sampled_from([None, None, 50, 600]),
        category=st.sampled_from([None, "news", "security"]),
        record=st.sampled_from([None, *RECORDS]),
        max_retries=st.integers(1, 3),
        until=places("create"),
    )
    def create(
        self, key: str | None, caller: str, until: str, body: str | None, **said: Any
    ) -> None:
        draft = a_draft(self.now, idempotency_key=key, **said)
        draft = self.drafts.setdefault(key, draft) if key else draft
        texts = FIELDS if body is None else {"body": body}
        self.on.create(replace(draft, **texts), caller=caller, until=until)

    @precondition(lambda self: self.interferences < MOST)
    @rule(
        what=st.sampled_from(WHAT_PEOPLE_DO),
        which=few,
        yes=st.sampled_from([True, True, False]),
        until=places("person"),
    )
    def interfere(self, what: str, which: int, yes: bool, until: str) -> None:
        """A person does something."""
        self.interferences += 1
        match what:
            case "say":
                self.on.say(SCOPES[which], active=yes, until=until)
            case "cancel" if self.on.notifications:
                self.on.cancel(one(self.on.notifications, which).id, until=until)
            case "pause":
                self.on.pause(paused=yes)
            case "reply":
                evidence = f"{'STOP' if yes else 'START'} {which}"
                address = ADDRESSES[which % 2]
                self.on.reply(address, SCOPES[2], active=yes, evidence=evidence, until=until)
            case "change":
                self.on.change(RECORDS[which % 2], ["off", "on", "off", "remove"][which])
            case "erase":
                self.on.erase(until=until)
            case "a deep queue":
                self.on.queue.others = 5000 if yes else 0

    @precondition(lambda self: self.interferences < MOST)
    @rule(until=places("person"))
    def set_settings(self, until: str) -> None:
        """A user's settings are stored, perhaps during an erasure."""
        self.interferences += 1
        self.on.set_settings(until=until)

    @rule()
    def publish(self) -> None:
        """Another version of the template is published; what waits keeps its own."""
        publish(self.on.real)

    @precondition(lambda self: self.interferences < MOST and self.on.notifications)
    @rule(which=few, of=few, yes=st.booleans(), until=places("change"))
    def patch(self, which: int, of: int, yes: bool, until: str) -> None:
        """A caller changes one that waits, or that waited; mostly one that is under way."""
        self.interferences += 1
        it = one(sorted(self.on.notifications, key=is_under_way), of)
        templated = it.content.template is not None
        changed = a_change(self.now, which, yes=yes, templated=templated)
        self.on.patch(it.id, changed, until=until)

    @rule(until=places("dispatcher"), skew=skews, hasty=st.booleans())
    def tick(self, **how: Any) -> None:
        self.on.dispatch(**how)

    @precondition(lambda self: self.on.messages)
    @rule(
        which=st.lists(few, min_size=1, max_size=3),
        until=places("consumer"),
        skew=skews,
        answer=answers,
        container=st.integers(0, CONTAINERS - 1),
        module=st.sampled_from([MODULE] * 7 + [OTHER_MODULE]),
    )
    def consume(self, which: list[int], answer: Callable[[], Outcome] | None, **how: Any) -> None:
        """Messages come: early, late, again, after others that were lost, or astray."""
        self.on.provider.answer = answer and answer()
        self.on.deliver([one(self.on.messages, each) for each in which], **how)

    @precondition(lambda self: self.on.actors)
    @rule(
        which=few,
        until=st.sampled_from(["", "", "provider.send", "notifications.advance", END]),
        fate=fates,
        answer=answers,
    )
    def step(
        self, which: int, until: str, fate: Fate, answer: Callable[[], Outcome] | None
    ) -> None:
        """One goes on, perhaps to a place, and makes that call."""
        actor = one(self.on.actors, which)
        self.on.provider.answer = answer and answer()
        if until:
            actor.go_on(until)
        actor.step(fate)
        self.on.tidy()

    @precondition(lambda self: self.on.faults.on_their_way)
    @rule(which=few)
    def land(self, which: int) -> None:
        """The write of somebody who is dead arrives."""
        late = self.on.faults.on_their_way
        late.pop(which % len(late)).land(self.now)
        self.on.tidy()

    @rule(seconds=st.sampled_from([None, None, 1, 20, 80, 130, 700]))
    def wait(self, seconds: int | None) -> None:
        """Time passes, or it becomes the time of what is due next."""
        if seconds is not None:
            self.on.watch.forward(seconds=seconds)
        else:
            owed = [each.due_at for each in self.on.notifications if each.due_at]
            later = [each for each in owed if each > self.now]
            self.on.watch.now = min(later, default=self.now)
        self.on.tidy()

    @precondition(lambda self: self.on.provider.taken)
    @rule(
        which=few,
        verdict=st.sampled_from(VERDICTS),
        sooner=st.sampled_from([None, None, Accepted, Delayed]),
        until=places("report"),
        skew=skews,
    )
    def tell(
        self, which: int, verdict: Callable[[], ReportContent], sooner: Any, **how: Any
    ) -> None:
        """The provider says something of what it took; perhaps it has said it before."""
        call = one(self.on.provider.taken, which)
        if sooner is not None:
            self.on.tell(call, sooner(call.message_id), in_the_end=False, **how)
        else:
            self.on.tell(call, verdict(), **how)

    @precondition(lambda self: self.on.messages)
    @rule(which=few, until=places("report"))
    def give_up_a_message(self, which: int, until: str) -> None:
        self.on.mark_dead_letter(one(self.on.messages, which), until=until)

    @precondition(lambda self: any(each.status in FAILED for each in self.on.notifications))
    @rule(include_uncertain=st.booleans(), until=places("report"))
    def redrive(self, **how: Any) -> None:
        self.on.redrive([each.id for each in self.on.notifications], **how)

    @precondition(lambda self: self.on.queue.jobs)
    @rule(until=places("worker"), hasty=st.booleans(), skew=skews)
    def work(self, **how: Any) -> None:
        """A worker does some of a job; messages of one come twice."""
        self.on.queue.jobs.append(self.on.queue.jobs[0])
        self.on.work(**how)

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.stage is not None:
            self.stage.look_for_losses()

    def teardown(self) -> None:
        if self.stage is None:
            return
        try:
            if not self.stage.ledger.violations:
                rest.come_to_rest(self.stage)
        finally:
            self.stage.close()


def is_under_way(notification: Notification) -> bool:
    """Whether an attempt at it is being made, or has been."""
    return notification.status in {Status.SENDING, Status.RETRY, Status.SENT}


def one(items: list[Any], which: int) -> Any:
    """Return one of these; the latest is the first."""
    return items[-1 - which % len(items)]
