"""The rules: what the world may do to the system, in any order."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from notifications.domain.consent import EVERYTHING, Door, category_scope, target_scope
from notifications.domain.errors import NotificationError
from notifications.domain.modules import Confirmation
from notifications.domain.news import Report
from notifications.domain.notification import Notification
from notifications.domain.outcome import (
    Accepted,
    AccountBlocked,
    AddressGone,
    Complained,
    Confirmed,
    ConsentWithdrawn,
    Delayed,
    MayHaveGone,
    News,
    Outcome,
    Rejected,
    RetryLater,
    RetryOnce,
    Throttled,
)
from notifications.domain.timing import CONSUMER_TIME_LIMIT
from notifications.ports import WakeUp
from notifications.usecases.cancel import CancelResult, cancel
from notifications.usecases.confirm import report
from notifications.usecases.deliver import Delivered, deliver
from notifications.usecases.dispatch import dispatch
from notifications.usecases.enqueue import wake_up_of
from notifications.usecases.opt_out import hear
from notifications.usecases.pause import pause_target, resume_target
from notifications.usecases.plan import Draft
from notifications.usecases.recipients import change_record, remove_record
from notifications.usecases.schedule import Scheduled, schedule
from tests.model import invariants, rest
from tests.model.faults import Faults, Injected, faulty, sender
from tests.model.ledger import Call, Ledger, Violated
from tests.model.stepper import Actor, Fate
from tests.model.worlds import MODULE, RECORDS, TARGET, USER, MakeWorld, furnish, made_predictable

#: How many use cases are under way at once, at most.
ACTORS = 5
#: How often somebody interferes, at most, so that something is left to interfere with.
MOST = 4

#: The time limits of the functions, as the template has them.
LIMITS = {"consumer": CONSUMER_TIME_LIMIT, "dispatcher": timedelta(seconds=60)}
API_LIMIT = timedelta(seconds=29)

#: The clocks of two machines are never quite the same.
SKEWS = [timedelta(0), timedelta(seconds=-2), timedelta(seconds=2)]

REFUSALS: list[Callable[[], Outcome]] = [
    lambda: RetryLater("503"),
    lambda: Throttled("429", retry_after=1),
    lambda: Throttled("429"),
    lambda: RetryOnce("30008"),
    lambda: AddressGone("410"),
    lambda: AddressGone("552", soft=True, retries=1),
    lambda: Rejected("400"),
    lambda: ConsentWithdrawn("21610"),
    lambda: AccountBlocked("30002"),
    lambda: MayHaveGone("read-timeout"),
]
answers = st.sampled_from([None, None, None, REFUSALS[-1], REFUSALS[-1], *REFUSALS])
#: What a provider says in the end of what it took.
VERDICTS: list[Callable[[], News]] = [
    Confirmed,
    lambda: Complained("abuse"),
    *(each for each in REFUSALS if not isinstance(each(), MayHaveGone)),
]
SCOPES = [category_scope("news"), category_scope("security"), target_scope(TARGET), EVERYTHING]
few = st.integers(0, 3)

END = "its end"
SLEEP = "the end of its sleep"
#: Where each kind is left standing, for others to come between.
PLACES = {
    "create": [END, END, "notifications.create", "queues.send"],
    "cancel": [END, "notifications.advance"],
    "opt-out": [END, END, "notifications.of_user", "notifications.advance", SLEEP],
    "dispatcher": [END, "notifications.due", "queues.send", "modules.advance_cursor"],
    "consumer": [
        END,
        END,
        "notifications.claim",
        "opt_outs.get",
        "provider.send",
        "provider.send",
        "notifications.advance",
    ],
    "report": [END, END, "notifications.advance"],
}


class Machine(RuleBasedStateMachine):
    """The system, and all that may befall it."""

    make_world: ClassVar[MakeWorld]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.ports = self.stack.enter_context(type(self).make_world())
        self.watch: Any = self.ports.clock
        self.actors: list[Actor] = []
        self.keys: dict[str, tuple[str, ...]] = {}

    @initialize(
        policy=st.sampled_from(["at_least_once", "at_most_once"]),
        confirmation=st.sampled_from([None, 60, "tells"]),
        names_attempts=st.booleans(),
    )
    def deploy(self, policy: str, confirmation: Any, names_attempts: bool) -> None:
        self.names_attempts = names_attempts
        look_after = None if confirmation == "tells" else confirmation
        confirms = Confirmation(look_after=look_after, give_up_after=600)
        self.ports, self.module, self.queue = furnish(
            self.ports,
            on_unknown=policy,
            confirmation=confirms if confirmation else None,
            mandatory_categories=frozenset({"security"}),
            retry_time_interval=30,
        )
        self.stack.enter_context(made_predictable(self.watch))
        self.ledger = Ledger(self.ports, self.module)
        self.faults = Faults(self.ledger)
        self.faulty = faulty(self.ports, self.faults)
        self.send_all = sender(self.faults, self.ledger.send, self.ledger.seen)

        self.drafts: dict[str | None, Draft] = {}
        self.interferences = 0
        self.create(None, 0, None, END, category="news", record=None, max_retries=3)

    def start(
        self,
        kind: str,
        work: Callable[[], object],
        then: Callable[[Actor], object] = lambda _: None,
        *,
        until: str = END,
        skew: timedelta = SKEWS[0],
    ) -> Actor:
        """Begin a use case, and let it go on to a place."""
        actor = Actor(kind, work, self.watch, skew, LIMITS.get(kind, API_LIMIT), then)
        self.actors.append(actor)
        actor.go_on(until)
        self.tidy()
        return actor

    def tidy(self) -> None:
        """End what has lived too long, and hear what has ended."""
        for actor in [*self.actors]:
            if actor.alive and actor.is_overdue:
                actor.kill()
            if not actor.alive:
                self.actors.remove(actor)
                if not isinstance(actor.error, Injected | NotificationError | None):
                    raise Violated(f"the {actor.kind} broke down") from actor.error
                actor.then(actor)
        self.ledger.answer = None
        self.ledger.raise_violations()

    @rule(
        key=st.sampled_from([None, None, "a", "b"]),
        due=st.sampled_from([0, 0, 30, 100, 400]),
        before=st.sampled_from([None, None, 50, 600]),
        category=st.sampled_from([None, "news", "security"]),
        record=st.sampled_from([None, RECORDS[0], RECORDS[1]]),
        max_retries=st.integers(1, 3),
        until=st.sampled_from(PLACES["create"]),
    )
    def create(self, key: Any, due: int, before: Any, until: str, **said: Any) -> None:
        record, now = said["record"], self.watch.now
        draft = Draft(
            target_user_record=record,
            user=None if record else USER,
            title="title",
            body="body",
            extra={},
            category=said["category"],
            max_retries=said["max_retries"],
            scheduled_delivery=now + timedelta(seconds=due),
            deliver_before=before and now + timedelta(seconds=due + before),
            idempotency_key=key,
        )
        draft = self.drafts.setdefault(key, draft) if key else draft
        work = partial(schedule, self.faulty, "caller", draft)
        self.start("create", work, partial(self.created, key), until=until)

    def created(self, key: str | None, actor: Actor) -> None:
        """Hold what was acknowledged to what is stored."""
        if not isinstance(actor.result, Scheduled):
            return
        notifications = actor.result.notifications
        ids = tuple(each.id for each in notifications)
        same = self.keys.setdefault(key, ids) if key else ids
        records = {each.target_user_record for each in notifications}
        stored = [self.ledger.standing.get(each) for each in ids]
        if ids != same or None in stored or len(records) < len(ids):
            raise Violated(f"key {key}: {ids} was answered, {stored} is stored, {same} was before")

    @precondition(lambda self: self.interferences < MOST)
    @rule(
        what=st.sampled_from(["say", "say", "say", "cancel", "cancel", "pause", "change"]),
        which=few,
        yes=st.sampled_from([True, True, False]),
        until=st.sampled_from(PLACES["opt-out"]),
    )
    def interfere(self, what: str, which: int, yes: bool, until: str) -> None:
        """A person does something."""
        self.interferences += 1
        match what:
            case "say":
                self.say(SCOPES[which], yes, until)
            case "cancel" if self.notifications:
                self.cancel(which, until)
            case "pause":
                (pause_target if yes else resume_target)(self.faulty, TARGET)
            case "change":
                self.change(RECORDS[which % 2], ["off", "on", "off", "remove"][which])

    def cancel(self, which: int, until: str = END) -> Actor:
        notification_id = self.one(self.notifications, which).id

        def heard(actor: Actor) -> None:
            if actor.result and actor.result[0] is CancelResult.CANCELLED:
                self.ledger.cancelled.add(notification_id)

        return self.start(
            "cancel", partial(cancel, self.faulty, notification_id), heard, until=until
        )

    def say(self, scope: str, active: bool, until: str = END) -> Actor:
        def heard(actor: Actor) -> None:
            if active and actor.result:
                self.ledger.silence([scope])

        work = partial(
            hear, self.faulty, USER, [scope], active=active, door=Door.API, evidence="caller"
        )
        return self.start("opt-out", work, heard, until=until)

    @rule(
        until=st.sampled_from(PLACES["dispatcher"]),
        skew=st.sampled_from(SKEWS),
        hasty=st.booleans(),
    )
    def tick(self, **how: Any) -> None:
        self.dispatch(**how)

    def dispatch(self, *, hasty: bool = False, **how: Any) -> Actor:
        """Run the dispatcher; a hasty one has time for one page of each shard."""
        return self.start("dispatcher", partial(dispatch, self.faulty, lambda: hasty), **how)

    @precondition(lambda self: self.messages)
    @rule(
        which=st.lists(few, min_size=1, max_size=3),
        until=st.sampled_from(PLACES["consumer"]),
        skew=st.sampled_from(SKEWS),
        answer=answers,
    )
    def consume(self, which: list[int], answer: Any, **how: Any) -> None:
        """Hand messages to a consumer: early, late, again, or after others that were lost."""
        self.ledger.answer = answer and answer()
        self.deliver([self.one(self.messages, each) for each in which], **how)

    def deliver(self, batch: list[WakeUp], **how: Any) -> Actor:
        """Hand messages to a consumer; what it does not answer for comes again."""

        def ended(actor: Actor) -> None:
            done = actor.result
            self.queue.messages += done.undecided if isinstance(done, Delivered) else batch

        work = partial(deliver, self.faulty, MODULE, batch, self.send_all, self.look_all)
        return self.start("consumer", work, ended, **how)

    def look_all(self, awaited: Any, _module: object) -> list[News | None]:
        """Be the provider that is asked for receipts."""
        calls = {call.message_id: call for call in self.ledger.calls}
        return [calls[each.provider_message_id].verdict for each in awaited]

    @precondition(lambda self: self.actors)
    @rule(
        which=few,
        until=st.sampled_from(["", "", "provider.send", "notifications.advance", END]),
        fate=st.sampled_from([Fate.DONE] * 4 + [*Fate]),
        answer=answers,
    )
    def step(self, which: int, until: str, fate: Fate, answer: Any) -> None:
        """Let one go on to a place, and make that call."""
        actor = self.one(self.actors, which)
        self.ledger.answer = answer and answer()
        if until:
            actor.go_on(until)
        actor.step(fate)
        self.tidy()

    @precondition(lambda self: self.faults.on_their_way)
    @rule(which=few)
    def land(self, which: int) -> None:
        late = self.faults.on_their_way
        late.pop(which % len(late))()
        self.tidy()

    @rule(seconds=st.sampled_from([None, None, 1, 20, 80, 130, 700]))
    def wait(self, seconds: int | None) -> None:
        """Let time pass, or let it be the time of what is due next."""
        now, owed = self.watch.now, [each.due_at for each in self.notifications if each.due_at]
        later = [each for each in owed if each > now]
        if seconds is None:
            self.watch.now = min(later, default=now)
        else:
            self.watch.forward(seconds=seconds)
        self.tidy()

    @precondition(lambda self: self.taken)
    @rule(
        which=few,
        verdict=st.sampled_from(VERDICTS),
        sooner=st.sampled_from([None, None, Accepted, Delayed]),
        until=st.sampled_from(PLACES["report"]),
        skew=st.sampled_from(SKEWS),
    )
    def tell(self, which: int, verdict: Any, sooner: Any, **how: Any) -> None:
        self.hear_of(self.one(self.taken, which), verdict, sooner, **how)

    def hear_of(self, call: Call, verdict: Any, sooner: Any = None, **how: Any) -> Actor:
        """Let the provider say something of what it took; it may have said it before."""
        news = Accepted(call.message_id) if sooner is Accepted else Delayed("busy")
        if sooner is None:
            news = call.verdict = call.verdict or verdict()
            call.may_have_gone &= isinstance(news, Confirmed | Complained)
        said = Report(
            notification_id=call.id,
            provider_message_id=call.message_id,
            attempt=call.attempt if self.names_attempts else None,
            news=news,
        )
        return self.start("report", partial(report, self.faulty, said), **how)

    def change(self, record: str, do: str) -> None:
        with suppress(NotificationError):
            if do == "remove":
                remove_record(self.faulty, record)
            else:
                change_record(self.faulty, record, active=do == "on")

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.ledger.moved:
            self.ledger.moved = False
            self.ledger.violations += invariants.of_the_index(self.ledger)
            self.ledger.raise_violations()

    def teardown(self) -> None:
        try:
            if hasattr(self, "ledger") and not self.ledger.violations:
                rest.come_to_rest(self)
        finally:
            self.close()

    def close(self) -> None:
        """End what is under way, and leave the world."""
        for actor in self.actors:
            while actor.alive:
                actor.kill()
        self.stack.close()

    @property
    def notifications(self) -> list[Notification]:
        """All that were stored."""
        return [*self.ledger.standing.values()]

    @property
    def messages(self) -> list[WakeUp]:
        """Every message that may still come, of earlier turns and of those that stand."""
        owed = {wake_up_of(each) for each in self.notifications if not each.is_final}
        return [*sorted(self.ledger.enqueued - owed), *sorted(owed)]

    @property
    def taken(self) -> list[Call]:
        """What the provider took and may tell of."""
        return [each for each in self.ledger.calls if each.taken]

    def one(self, items: list[Any], which: int) -> Any:
        """Return one of these; the latest is the first."""
        return items[-1 - which % len(items)]
