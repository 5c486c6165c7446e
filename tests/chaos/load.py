"""The load: the recipients, their behaviour (docs/simulator.md), and the due times."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from typing import Any

from tests.chaos.edits import PlannedEdit, marked, plan_edits
from tests.chaos.verifier import NotificationRequest, Response

TARGETS = ("Email", "Twilio", "Expo")
AT_ONCE = 0.4  #: share of notifications that are due at once
CANCELLED = 0.04  #: share of the later notifications that are cancelled
DEAD_LETTERED = 0.01  #: share of the later notifications whose message becomes a dead letter
EDITED = 0.25  #: share of the later notifications that get another time, another text or both
LARGE = 0.05  #: share of notifications whose body is stored in the bucket
KEYLESS = 1 / 3  #: share of requests without an idempotency key
TEMPLATED = 0.2  #: share of notifications with the template
TEMPLATE = "chaos"
_UNSUBSCRIBE = '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
#: It renders the data of a notification into every part.
TEMPLATE_DOCUMENT = {
    "default_locale": "en",
    "max_segments": 10,
    "schema": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "body": {"type": "string"}},
        "required": ["text", "body"],
    },
    "content": {
        "en": {
            "email": {"subject": "{{ text }}", "html": f"<p>{{{{ body }}}}</p>{_UNSUBSCRIBE}"},
            "sms": {"body": "{{ body }}"},
            "push": {"title": "{{ text }}", "body": "{{ body }}"},
        }
    },
    "examples": [{"text": "Text", "body": "Body"}],
}
HEALTHY, OPTING_OUT = "healthy", "opts out"
FILLING, LARGE_FILLING = "x" * 20, "x" * 1000
#: The texts of odd versions, so that some contents move between the item and the bucket.
OTHER_FILLING = {FILLING: LARGE_FILLING, LARGE_FILLING: FILLING}
#: Notifications of one healthy recipient.
PER_RECIPIENT = 25

#: Faulty recipients by behaviour: the address form of each target (docs/simulator.md), and the
#: share of the notifications, in thousandths.
FAULTY_RECIPIENTS: dict[str, tuple[dict[str, str], int]] = {
    "refuses at first": ({"Email": "fail-01", "Twilio": "+159702", "Expo": "fail-02"}, 25),
    "slow": ({"Email": "slow-1500", "Twilio": "+15961500", "Expo": "slow-1500"}, 25),
    "throttles": ({"Email": "throttle-02", "Twilio": "+159302", "Expo": "throttle-02"}, 15),
    "hangs": ({"Email": "hang-12", "Twilio": "+159512", "Expo": "hang-12"}, 6),
    "cuts": ({"Email": "cut", "Twilio": "+1594", "Expo": "cut"}, 6),
    "drops": ({"Email": "drop", "Twilio": "+1592", "Expo": "drop"}, 6),
    "is refused": (
        {"Email": "error-MessageRejected", "Twilio": "+159921617", "Expo": "error-MessageTooBig"},
        6,
    ),
}
#: Share of recipients that opt out during the run, in thousandths of the notifications.
OPT_OUT_SHARE = 50
#: Maximum attempts of a notification, so that permanent failures end within a minute.
ATTEMPTS = {"drops": 3, "is refused": 3}


@dataclass
class Recipient:
    """A user with one address of one target."""

    user: str
    target: str
    address: str
    kind: str
    opted_out_at: datetime | None = None  #: when the opt-out was acknowledged


@dataclass
class Order:
    """One item of a batch request, and its state."""

    request: NotificationRequest
    recipient: Recipient
    delay: timedelta
    filling: str  #: the body after the title
    has_key: bool
    is_cancelled: bool = False
    is_dead_lettered: bool = False
    planned_edits: list[PlannedEdit] = field(default_factory=list)
    editing: Lock = field(default_factory=Lock, repr=False, compare=False)
    is_templated: bool = False
    unanswered: list[NotificationRequest] = field(
        default_factory=list
    )  #: requests before `request`

    def payload(self, now: datetime) -> dict[str, Any]:
        """Return the item in the API's format; an idempotency key makes it safe to repeat."""
        key = {"idempotency_key": self.request.token} if self.has_key else {}
        template = {"template": TEMPLATE} if self.is_templated else {}
        return {
            **key,
            **template,
            **self.content(0),
            "user": self.recipient.user,
            "scheduled_delivery": (now + self.delay).isoformat(),
            "retry_time_interval": 2,
            "max_retries": ATTEMPTS.get(self.recipient.kind, 4),
        }

    def content(self, version: int) -> dict[str, Any]:
        """Return the content of a version, each of whose parts names the version."""
        text = marked(self.request.token, version)
        body = f"{text} {self.filling if version % 2 == 0 else OTHER_FILLING[self.filling]}"
        if self.is_templated:
            return {"data": {"text": text, "body": body}}
        has_extra = version and self.request.target == "Expo"
        extra = {"extra": {"data": {"version": version}}} if has_extra else {}
        return {"title": text, "body": body, **extra}

    @property
    def is_answered(self) -> bool:
        """Whether the API has accepted or rejected the item."""
        return self.request.response is not Response.NONE

    def mark_unanswered(self) -> None:
        """Replace a request without a key by a new request, which has its own title.

        The title distinguishes a notification of the lost request from a duplicate.
        """
        if not self.has_key:
            first = (self.unanswered or [self.request])[0].token
            self.unanswered.append(self.request)
            self.request = replace(self.request, token=f"{first}.{len(self.unanswered)}")

    def requests(self) -> list[NotificationRequest]:
        """Return every request that was sent, with the time of its withdrawal."""

        def no(request: NotificationRequest) -> datetime | None:
            times = (request.withdrawn_at, self.recipient.opted_out_at)
            return min((moment for moment in times if moment is not None), default=None)

        return [
            replace(request, withdrawn_at=no(request))
            for request in (*self.unanswered, self.request)
        ]


@dataclass
class Load:
    """All requested notifications, in random order.

    Args:
        size: the number of notifications.
        span: the time over which they are due.
        random: determines everything else.
    """

    size: int
    span: timedelta
    random: Random
    recipients: list[Recipient] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = f"c{self.random.randrange(16**4):04x}"
        for place, target in enumerate(TARGETS):
            self._plan(target, self.size // 3 + (place < self.size % 3))
        self.random.shuffle(self.orders)

    def _plan(self, target: str, size: int) -> None:
        left = size
        for kind, (forms, share) in FAULTY_RECIPIENTS.items():
            count = max(1, size * share // 1000)
            left -= count
            self._order(self._recipient(target, kind, forms[target]), count)
        for place, count in enumerate(_shares(left)):
            opts_out = place < max(1, left * OPT_OUT_SHARE // 1000 // PER_RECIPIENT)
            self._order(self._recipient(target, OPTING_OUT if opts_out else HEALTHY, ""), count)

    def _recipient(self, target: str, kind: str, form: str) -> Recipient:
        number = len(self.recipients)
        word = f"{form}{'-' if form else ''}{self.name}-{number}"
        match target:
            case "Email":
                address = f"{word}@example.com"
            case "Twilio":
                address = _phone_number(form or "+1555", number)
            case _:
                address = f"ExponentPushToken[{word}]"
        recipient = Recipient(f"{self.name}-{number}", target, address, kind)
        self.recipients.append(recipient)
        return recipient

    def _order(self, recipient: Recipient, count: int) -> None:
        for _ in range(count):
            token = f"{self.name}-{len(self.orders):05}"
            at_once = self.random.random() < AT_ONCE
            delay = timedelta(0) if at_once else self.random.random() * self.span
            large = self.random.random() < LARGE
            order = Order(
                NotificationRequest(
                    token, recipient.target, recipient.kind, response=Response.NONE
                ),
                recipient,
                delay,
                LARGE_FILLING if large else FILLING,
                has_key=self.random.random() >= KEYLESS,
            )
            fate = 1.0 if at_once or recipient.kind != HEALTHY else self.random.random()
            order.is_cancelled = fate < CANCELLED
            taken = CANCELLED + DEAD_LETTERED
            order.is_dead_lettered = CANCELLED <= fate < taken
            if taken <= fate < taken + EDITED:
                order.planned_edits = plan_edits(self.random, self.span.total_seconds())
            order.is_templated = self.random.random() < TEMPLATED
            self.orders.append(order)


def _phone_number(form: str, number: int) -> str:
    digits = 12 - len(form)
    return form + f"{number:0{digits}}"[-digits:]


def _shares(size: int) -> Iterator[int]:
    """Divide notifications among at least three recipients, so that only some of them opt out."""
    count = max(3, size // PER_RECIPIENT)
    for place in range(count):
        yield size // count + (place < size % count)
