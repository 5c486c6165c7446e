"""The provider: what it was given, what became of that, and what the system has been told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from notification_core.domain.delivery import (
    Accepted,
    Complained,
    Confirmed,
    Delivery,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.failures import OURS, DeliveryFailed, ErrorClass, OutcomeUnknown
from tests.model.stepper import Actor, here

#: What spends no attempt.
FREE = OURS | {ErrorClass.THROTTLED}


@dataclass(eq=False)
class Call:
    """A provider was given a notification."""

    id: str
    attempt: int
    token: str  #: of the claim it was made under
    message_id: str
    outcome: Outcome
    possibly_sent: bool = True  #: until somebody has been told that it did not
    verdict: ReportContent | None = None  #: what became of what it took, once that is drawn
    heard: bool = False  #: the system was told the verdict, and acknowledged that

    @property
    def taken(self) -> bool:
        """Whether the provider took it."""
        return isinstance(self.outcome, Accepted)

    @property
    def is_free(self) -> bool:
        """Whether it spends no attempt."""
        said = (self.outcome, self.verdict)
        return any(isinstance(each, DeliveryFailed) and each.error_class in FREE for each in said)

    @property
    def is_confirmed(self) -> bool:
        """Whether the system knows that it was delivered."""
        return self.heard and isinstance(self.verdict, Confirmed | Complained)

    def end(self, news: ReportContent) -> ReportContent:
        """Draw what became of it, once and for all; returns that."""
        self.verdict = self.verdict or news
        self.possibly_sent &= isinstance(self.verdict, Confirmed | Complained)
        return self.verdict


@dataclass
class Provider:
    """Takes what it is given, unless `answer` says otherwise."""

    calls: list[Call] = field(default_factory=list)
    answer: Outcome | None = None  #: to the next call; None: it takes it
    tokens: dict[tuple[Actor | None, str], str] = field(default_factory=dict)
    """Under which claim an actor sends a notification."""
    asked: set[tuple[Actor | None, str]] = field(default_factory=set)
    """Whose consumer has asked about which notification, and had an answer."""

    def send(self, delivery: Delivery) -> Outcome:
        """Be given a notification."""
        token = self.tokens.get((here(), delivery.id), "")
        message_id = f"message-{len(self.calls) + 1}"
        outcome = self.answer or Accepted(message_id)
        self.answer = None
        self.calls.append(Call(delivery.id, delivery.attempt, token, message_id, outcome))
        return outcome

    def seen(self, delivery: Delivery, outcome: Outcome) -> None:
        """A consumer lived to see the answer."""
        if not isinstance(outcome, Accepted | OutcomeUnknown):
            self.calls_of(delivery.id)[-1].possibly_sent = False

    def look(self, awaited: Sequence[PendingConfirmation]) -> list[ReportContent | None]:
        """Be asked what became of messages."""
        calls = {call.message_id: call for call in self.calls}
        self.asked |= {(here(), each.id) for each in awaited}
        return [calls[each.provider_message_id].verdict for each in awaited]

    @property
    def taken(self) -> list[Call]:
        """What it took and may tell of."""
        return [each for each in self.calls if each.taken]

    def calls_of(self, notification_id: str) -> list[Call]:
        """Return how often it was given one, oldest first."""
        return [each for each in self.calls if each.id == notification_id]
