"""Attempts and delivery reports in any order: the status never contradicts the provider.

A random driver makes attempts and tells reports, repeats them and mixes their order. The truth is
kept beside the notification, and compared with it at rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.domain import timeline
from notification_core.domain.attempt_policy import lease_lapsed, next_state
from notification_core.domain.claim import Claim
from notification_core.domain.delivery import (
    Accepted,
    ClassifiedReport,
    Confirmed,
    Delayed,
    Outcome,
    ReportContent,
)
from notification_core.domain.delivery_reports import apply_report
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import (
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status
from notification_core.domain.timing import LEASE
from tests.builders import NOON, TELLING, a_module, a_notification

#: What the provider says in the end of one message; of what came back later it says both.
VERDICTS: list[tuple[ReportContent, ...]] = [
    (Confirmed(),),
    (Confirmed(), InvalidAddress("5.1.1")),
    (Confirmed(), RetryLater("30003")),
    (RetryLater("30003"),),
    (Throttled("429", retry_after=1),),
    (Rejected("30007"),),
    (InvalidAddress("5.1.1"),),
    (InvalidAddress("5.2.2", soft=True),),
]
#: How an attempt ends that the provider did not take.
REFUSALS: list[Callable[[], Outcome]] = [
    lambda: RetryLater("503"),
    lambda: Throttled("429", retry_after=1),
    lambda: Rejected("400"),
    lambda: InvalidAddress("410"),
]

T = TypeVar("T")

MOST = 6  #: attempts of one course


@dataclass
class Message:
    """What the provider has taken, and what it says of it."""

    id: str
    attempt: int | None  #: as its reports repeat it; None where they do not
    verdicts: tuple[ReportContent, ...]
    owed: list[ReportContent] = field(
        default_factory=list
    )  #: said in the end, and not taken in yet
    heard: list[ReportContent] = field(default_factory=list)

    @property
    def reported_delivered(self) -> bool:
        """Whether the provider's word that it was delivered has been taken in."""
        return Confirmed() in self.heard

    @property
    def reported_failed(self) -> bool:
        """Whether the provider has said of it that it failed, and nothing else."""
        return bool(self.heard) and not self.reported_delivered


@dataclass
class Consumer:
    """One attempt: its claim, and what came of it."""

    claimed: Notification
    sent: bool = False
    message: Message | None = None
    known: bool = False  #: whether somebody could tell that it did not go
    outcome: Outcome | None = None


class Tape:
    """What chance has decided, one number after the other; zeros when it is at its end."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = iter(numbers)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of these."""
        return choices[next(self._numbers, 0) % len(choices)]


class Course:
    """One notification, and all that befalls it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        policy = tape.pick(["at_least_once", "at_most_once"])
        self.module = a_module(confirmation=TELLING, on_unknown=policy)
        self.it = a_notification(id="it", max_retries=tape.pick([2, 1, 3]))
        self.names_attempts = tape.pick([True, False])
        self.now = NOON
        self.messages: list[Message] = []
        self.attempts: list[Consumer] = []
        self.consumer: Consumer | None = None
        self.refused = self.stopped = False  # a no was said; it was acknowledged
        self.risked = 0

    def step(self) -> None:
        """Let chance choose what happens next, of what may."""
        possible: list[Callable[[], None]] = []
        if self.it.is_waiting and len(self.attempts) < MOST:
            possible += [self.claim] * 3
        if self.consumer is not None:
            possible += [self.record] * 3 if self.consumer.sent else [self.take] * 2 + [self.refuse]
            possible += [self.die]
        elif self.it.status is Status.SENDING:
            possible += [self.find_the_dead]
        if self.messages:
            possible += [self.tell] * 4
        if self.it.status in FAILED and self.risked < 2:
            possible += [self.redrive]
        if self.it.status is Status.SENDING:
            possible += [self.say_no]
        if possible:
            self.tape.pick(possible)()
            self.acknowledge()

    def claim(self) -> None:
        """A consumer claims it, and reads consent."""
        assert self.it.due_at is not None
        self.now = max(self.now, self.it.due_at) + timedelta(seconds=1)
        token = f"token-{len(self.attempts)}"
        self.it = self.it.claimed(Claim(token, self.now + LEASE), self.now)
        if self.refused:
            self.it = self.it.opted_out(self.now, "found before sending")
            return
        self.consumer = Consumer(self.it)
        self.attempts.append(self.consumer)

    def take(self) -> None:
        """The provider takes it; perhaps its answer is lost."""
        consumer, verdicts = self._sending(), self.tape.pick(VERDICTS)
        attempt = consumer.claimed.attempt if self.names_attempts else None
        message = Message(f"M{len(self.messages) + 1}", attempt, verdicts, list(verdicts))
        self.messages.append(message)
        consumer.message = message
        seen = self.tape.pick([True, False])
        consumer.outcome = Accepted(message.id) if seen else OutcomeUnknown("read-timeout")

    def refuse(self) -> None:
        """The provider does not take it, and perhaps nobody can tell."""
        consumer = self._sending()
        consumer.outcome = self.tape.pick([lambda: OutcomeUnknown("read-timeout"), *REFUSALS])()
        consumer.known = not isinstance(consumer.outcome, OutcomeUnknown)

    def _sending(self) -> Consumer:
        consumer = self.consumer
        assert consumer is not None
        assert not self.stopped, "it is sent after a no that was acknowledged"
        by_policy = self.module.on_unknown == "at_least_once" and timeline.is_uncertain(
            self.it.timeline
        )
        copies = sum(map(_may_have_gone, self.attempts))
        assert copies <= by_policy + self.risked, "it is sent more often than it may be"
        consumer.sent = True
        return consumer

    def record(self) -> None:
        """The consumer stores what came of its attempt, if its claim still stands."""
        consumer, self.consumer = self.consumer, None
        assert consumer is not None
        assert consumer.outcome is not None
        self.now += timedelta(seconds=1)
        if self.it.claim == consumer.claimed.claim:
            self.it = next_state(consumer.claimed, consumer.outcome, self.module, self.now)

    def die(self) -> None:
        """The consumer dies, and its lease lapses."""
        assert self.consumer is not None
        self.consumer.known = False
        self.consumer = None
        self.now += LEASE + timedelta(seconds=1)

    def find_the_dead(self) -> None:
        """The next message finds that nobody was heard of again."""
        if self.it.lease_lapsed(self.now):
            self.it = lease_lapsed(self.it, self.module, self.now)

    def tell(self) -> None:
        """The provider says something of a message; perhaps it has said it before."""
        message = self.tape.pick(self.messages)
        self._told(
            message,
            self.tape.pick([*message.verdicts, Accepted(message.id), Delayed("busy")]),
        )

    def _told(self, message: Message, news: ReportContent) -> None:
        self.now += timedelta(seconds=1)
        report = ClassifiedReport(
            notification_id="it",
            provider_message_id=message.id,
            attempt=message.attempt,
            content=news,
        )
        try:
            self.it = apply_report(self.it, report, self.module, self.now) or self.it
        except Unavailable:
            return  # it is told again
        if news in message.verdicts:
            message.owed = [each for each in message.owed if each is not news]
            message.heard.append(news)

    def redrive(self) -> None:
        """A person has it tried again, whatever may have become of it."""
        self.risked += self.it.possibly_sent_before
        self.it = self.it.redriven(self.now, self.now, 2, "by job 1")

    def say_no(self) -> None:
        """The user says no while it is being sent; that is acknowledged afterwards."""
        self.refused = True

    def acknowledge(self) -> None:
        """End what waits, and acknowledge a no as soon as nothing is being sent."""
        if self.refused and self.it.is_waiting:
            self.it = self.it.opted_out(self.now, "the user opted out")
        self.stopped = self.refused and self.it.status is not Status.SENDING

    def come_to_rest(self) -> None:
        """End what is under way, and tell all that was not taken in."""
        for _ in range(30):
            self._end_attempt()
            self.acknowledge()
            for message in self.messages:
                for news in [*message.owed]:
                    self._told(message, news)
            self.now += LEASE
            if self.it.is_waiting:
                self.claim()
            elif self.it.status is Status.SENDING:
                self.find_the_dead()
            elif not any(each.owed for each in self.messages):
                return
        raise AssertionError(f"{self.it} does not come to rest")

    def _end_attempt(self) -> None:
        if self.consumer is None:
            return
        if not self.consumer.sent:
            self.take()
        self.record()

    def compare(self) -> None:
        """Hold the status to what the provider has said."""
        it, messages = self.it, self.messages
        delivered = [each for each in messages if each.reported_delivered]
        if delivered:
            assert it.status not in FAILED | {Status.SENT}, f"{delivered} was delivered: {it}"
        if it.status is Status.DELIVERED:
            assert delivered, f"no message of {it} was delivered"
        if it.status is Status.SENT:
            latest = next(each for each in messages if each.id == it.provider_message_id)
            assert not latest.heard, f"{it} waits for a report that it has had"


def _may_have_gone(attempt: Consumer) -> bool:
    """Whether its recipient may have what this attempt sent, as far as anybody was told."""
    if not attempt.sent or attempt.known:
        return False
    return attempt.message is None or not attempt.message.reported_failed


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=20, max_size=60))
def test_the_status_agrees_with_the_provider_whatever_the_order_of_reports(
    numbers: list[int],
) -> None:
    course = Course(Tape(numbers))
    for _ in range(len(numbers) // 3):
        course.step()
    course.come_to_rest()
    course.compare()
