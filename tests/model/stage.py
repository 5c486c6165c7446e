"""Puts use cases on the stage: begins each over ports that fail, and hears what comes of it."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from notifications.domain.consent import Door
from notifications.domain.errors import NotificationError
from notifications.domain.jobs import JobKind
from notifications.domain.modules import Confirmation
from notifications.domain.news import Report
from notifications.domain.notification import Notification
from notifications.domain.outcome import Complained, Confirmed, News
from notifications.ports import Ports, WakeUp
from notifications.usecases import cancel, jobs, redrive
from notifications.usecases.confirm import report
from notifications.usecases.dead_letters import DeadLetter, bury
from notifications.usecases.deliver import Delivered, deliver
from notifications.usecases.dispatch import dispatch
from notifications.usecases.enqueue import wake_up_of
from notifications.usecases.opt_out import hear
from notifications.usecases.pause import pause_target, resume_target
from notifications.usecases.plan import Draft
from notifications.usecases.recipients import change_record, remove_record
from notifications.usecases.schedule import Scheduled, schedule
from tests.model import invariants
from tests.model.choices import API_LIMIT, END, LIMITS, SKEWS
from tests.model.faults import Faults, Injected, faulty, sender
from tests.model.ledger import Call, Ledger, Violated
from tests.model.stepper import Actor
from tests.model.worlds import MODULE, TARGET, USER, MakeWorld, furnish, made_predictable


class Stage:
    """One module with one user in a world, and whoever is at work there.

    Args:
        world: what it all runs over.
        policy: the module's `on_unknown`.
        look_after: seconds until its provider is asked; 0 where it tells by itself, None where
            nobody confirms.
        names_attempts: whether the provider's reports say which attempt they are of.
    """

    def __init__(
        self, world: MakeWorld, policy: str, look_after: int | None, *, names_attempts: bool
    ) -> None:
        self._stack = ExitStack()
        ports = self._stack.enter_context(world())
        self.watch: Any = ports.clock
        confirms = Confirmation(look_after=look_after or None, give_up_after=600)
        self.real, self.module, self.queue = furnish(
            ports,
            on_unknown=policy,
            confirmation=None if look_after is None else confirms,
            mandatory_categories=frozenset({"security"}),
            retry_time_interval=30,
        )
        self._stack.enter_context(made_predictable(self.watch))
        self.ledger = Ledger(self.real, self.module)
        self.faults = Faults(self.ledger)
        self.ports: Ports = faulty(self.real, self.faults)
        self.actors: list[Actor] = []
        self.untold: list[tuple[Call, News]] = []  # reports that have to come again
        self._names_attempts = names_attempts
        self._answered: dict[str, tuple[str, ...]] = {}  # ids, by idempotency key

    def close(self) -> None:
        """End what is under way, and leave the world."""
        for actor in self.actors:
            while actor.alive:
                actor.kill()
        self._stack.close()

    def start(
        self,
        kind: str,
        work: Callable[[], object],
        then: Callable[[Actor], object] = lambda _: None,
        *,
        until: str = END,
        skew: timedelta = SKEWS[0],
    ) -> Actor:
        """Begin a use case, and let it go on to a place. Raises Violated."""
        actor = Actor(kind, work, self.watch, skew, LIMITS.get(kind, API_LIMIT), then)
        self.actors.append(actor)
        actor.go_on(until)
        self.tidy()
        return actor

    def tidy(self) -> None:
        """End what has lived too long, and hear what has ended. Raises Violated."""
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

    def look_for_losses(self) -> None:
        """Look whether anything is lost, where anything has changed. Raises Violated."""
        if self.ledger.moved:
            self.ledger.moved = False
            self.ledger.violations += invariants.of_the_index(self.ledger)
            self.ledger.raise_violations()

    def create(self, draft: Draft, **how: Any) -> Actor:
        """Accept a request; what is answered must be stored, and stand in each later answer.

        Of two that are under way at once, one may leave out an address that was just removed.
        """

        def answered(actor: Actor) -> None:
            if not isinstance(actor.result, Scheduled):
                return
            ids = tuple(each.id for each in actor.result.notifications)
            key = draft.idempotency_key
            before = self._answered.get(key, ids) if key else ids
            if not {*before} <= {*ids} <= self.ledger.standing.keys():
                raise Violated(f"{ids} was answered to {key}, and {before} before")
            if key:
                self._answered[key] = ids

        return self.start("create", partial(schedule, self.ports, "caller", draft), answered, **how)

    def cancel(self, notification_id: str, **how: Any) -> Actor:
        """Take one back."""

        def answered(actor: Actor) -> None:
            if actor.result and actor.result[0] is cancel.CancelResult.CANCELLED:
                self.ledger.cancelled.add(notification_id)

        work = partial(cancel.cancel, self.ports, notification_id)
        return self.start("cancel", work, answered, **how)

    def say(self, scope: str, *, active: bool = True, **how: Any) -> Actor:
        """Let the user say no, or yes again."""

        def answered(actor: Actor) -> None:
            if active and actor.result:
                self.ledger.silence([scope])

        work = partial(
            hear, self.ports, USER, [scope], active=active, door=Door.API, evidence="caller"
        )
        return self.start("opt-out", work, answered, **how)

    def dispatch(self, *, hasty: bool = False, **how: Any) -> Actor:
        """Run the dispatcher; a hasty one has time for one page of each shard."""
        return self.start("dispatcher", partial(dispatch, self.ports, lambda: hasty), **how)

    def deliver(self, batch: list[WakeUp], **how: Any) -> Actor:
        """Hand messages to a consumer; what it does not answer for comes again."""

        def ended(actor: Actor) -> None:
            done = actor.result
            self.queue.messages += done.undecided if isinstance(done, Delivered) else batch

        send_all = sender(self.faults, self.ledger.send, self.ledger.seen)
        work = partial(deliver, self.ports, MODULE, batch, send_all, self._look_all)
        return self.start("consumer", work, ended, **how)

    def _look_all(self, awaited: Any, _module: object) -> list[News | None]:
        news: list[News | None] = self.faults.call("provider.look", self.ledger.verdicts, awaited)
        return news

    def tell(self, call: Call, news: News, *, in_the_end: bool = True, **how: Any) -> Actor:
        """Let the provider say something of what it took; in the end it says one thing only."""
        if in_the_end:
            news = call.verdict = call.verdict or news
            call.may_have_gone &= isinstance(news, Confirmed | Complained)
        said = Report(
            notification_id=call.id,
            provider_message_id=call.message_id,
            attempt=call.attempt if self._names_attempts else None,
            news=news,
        )

        def ended(actor: Actor) -> None:
            if actor.killed or actor.error is not None:
                self.untold.append((call, news))
            elif in_the_end:
                call.heard = True

        return self.start("report", partial(report, self.ports, said), ended, **how)

    def tell_again(self) -> None:
        """Let the provider tell again what could not be taken in: it was not answered well."""
        untold, self.untold = self.untold, []
        for call, news in untold:
            self.tell(call, news, in_the_end=news is call.verdict)

    def bury(self, wake_up: WakeUp, **how: Any) -> Actor:
        """Let a message end in the dead-letter queue."""
        letter = DeadLetter(
            id="letter",
            module=MODULE,
            body="",
            wake_ups=[wake_up],
            received=4,
            sent_at=self.watch.now,
        )
        return self.start("undertaker", partial(bury, self.ports, letter), **how)

    def redrive(self, ids: list[str], *, include_uncertain: bool, **how: Any) -> Actor:
        """Have what failed tried again."""

        def work() -> None:
            asked = redrive.Redrive(ids=ids, include_uncertain=include_uncertain)
            job = redrive.redrive(self.ports, asked)
            jobs.work(self.ports, job.id, {JobKind.REDRIVE: redrive.step}, lambda: False)

        return self.start("redrive", work, **how)

    def change(self, record: str, do: str) -> None:
        """Switch a record off or on, or remove it."""
        with suppress(NotificationError):
            if do == "remove":
                remove_record(self.ports, record)
            else:
                change_record(self.ports, record, active=do == "on")

    def pause(self, *, paused: bool) -> None:
        """Pause the target, or resume it."""
        (pause_target if paused else resume_target)(self.ports, TARGET)

    @property
    def notifications(self) -> list[Notification]:
        """All that were stored, as they stand."""
        return [*self.ledger.standing.values()]

    @property
    def messages(self) -> list[WakeUp]:
        """Every message that may still come, of earlier turns and of those that stand."""
        owed = {wake_up_of(each) for each in self.notifications if not each.is_final}
        return [*sorted(self.ledger.enqueued - owed), *sorted(owed)]
