"""The notifications of an upgrade: some for each status, and most of them due during it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from tests.chaos.load import Order, Recipient
from tests.chaos.verifier import NotificationRequest, Response

#: Notifications of one recipient that always succeeds.
PER_RECIPIENT = 25


@dataclass(frozen=True)
class Kind:
    """Notifications with the same fate.

    Args:
        name: the fate, for people.
        target: the target's name.
        address: the beginning of the addresses: docs/simulator.md.
        share: of the notifications, in thousandths.
        ends: the statuses in which they may end.
        fields: further fields of their requests.
        expires: seconds from the request to `deliver_before`; None for no limit.
        alone: whether each has a recipient of its own, because the first one changes what happens
            to the next.
    """

    name: str
    target: str
    address: str
    share: int
    ends: frozenset[str]
    fields: dict[str, Any] = field(default_factory=dict)
    expires: float | None = None
    alone: bool = False


DELIVERED = frozenset({"DELIVERED"})
#: A retry that is due after the deployment has begun.
LATE_RETRY = {"retry_time_interval": 150}

#: Due at once, before the upgrade.
EARLY = (
    Kind("delivered", "Email", "", 80, DELIVERED),
    Kind("delivered", "Twilio", "", 40, DELIVERED),
    Kind("sent, and polled later", "Expo", "", 60, DELIVERED),
    Kind("sent, and never confirmed", "Twilio", "+15904", 30, frozenset({"SENT"})),
    Kind("refused", "Email", "error-MessageRejected", 30, frozenset({"DELIVERY FAILURE"})),
    Kind(
        "inactive",
        "Expo",
        "error-DeviceNotRegistered",
        30,
        frozenset({"INACTIVE DEVICE"}),
        alone=True,
    ),
    Kind("unknown", "Twilio", "+1594", 10, frozenset({"UNKNOWN"}), alone=True),
    Kind(
        "expired",
        "Email",
        "fail-09",
        20,
        frozenset({"EXPIRED"}),
        {"retry_time_interval": 15, "max_retries": 9},
        expires=6,
        alone=True,
    ),
    Kind("retried", "Email", "fail-01", 60, DELIVERED, LATE_RETRY, alone=True),
    Kind("retried", "Twilio", "+159701", 30, DELIVERED, LATE_RETRY, alone=True),
)
#: Scheduled for a day later, and withdrawn before the upgrade.
CANCELLED = Kind("cancelled", "Email", "", 30, frozenset({"CANCELLED"}))
OPTED_OUT = Kind("opted out", "Twilio", "", 30, frozenset({"OPTED OUT"}))
#: Scheduled for a day later.
TOMORROW = Kind("tomorrow", "Email", "", 100, DELIVERED)
#: Being sent when the deployment begins.
SLOW = Kind("slow", "Email", "slow-4000", 25, DELIVERED, alone=True)
#: Due during the deployment.
DUE = (
    Kind("due", "Email", "", 175, DELIVERED),
    Kind("due", "Twilio", "", 100, DELIVERED),
    Kind("due", "Expo", "", 100, DELIVERED),
)
#: Requested during the deployment, and due at once.
MEANWHILE = Kind("meanwhile", "Email", "", 50, DELIVERED)


@dataclass
class UpgradeOrder(Order):
    """One item of a batch request, with the fields of its kind."""

    kind: Kind = DUE[0]

    def payload(self, now: datetime) -> dict[str, Any]:
        """Return the item in the API's format."""
        limits = {"max_retries": 3, **self.kind.fields}
        if self.kind.expires is not None:
            # The request may be sent long after `now`, because others are sent first.
            limits["scheduled_delivery"] = (now := datetime.now(UTC)).isoformat()
            limits["deliver_before"] = (now + timedelta(seconds=self.kind.expires)).isoformat()
        return super().payload(now) | limits


class Load:
    """Makes orders, and remembers them.

    Args:
        size: the number of notifications of which the kinds are shares.
        random: determines the due times.
    """

    def __init__(self, size: int, random: Random) -> None:
        self._size = size
        self._random = random
        self._name = f"u{uuid4().hex[:6]}"
        self.orders: list[UpgradeOrder] = []
        self.recipients: list[Recipient] = []

    def orders_of(self, *kinds: Kind, due: tuple[float, float] = (0, 0)) -> list[UpgradeOrder]:
        """Return new orders of some kinds, due at random within these seconds from the request."""
        made = [order for kind in kinds for order in self._of(kind, due)]
        self._random.shuffle(made)
        self.orders += made
        return made

    def _of(self, kind: Kind, due: tuple[float, float]) -> Iterator[UpgradeOrder]:
        recipient = self._recipient(kind)
        for number in range(max(1, self._size * kind.share // 1000)):
            if number and (kind.alone or number % PER_RECIPIENT == 0):
                recipient = self._recipient(kind)
            token = f"{self._name}-{len(self.recipients)}-{number}"
            yield UpgradeOrder(
                NotificationRequest(token, kind.target, kind.name, response=Response.NONE),
                recipient,
                timedelta(seconds=self._random.uniform(*due)),
                "Lorem ipsum.",
                has_key=True,
                kind=kind,
            )

    def _recipient(self, kind: Kind) -> Recipient:
        number = len(self.recipients)
        user = f"{self._name}-{number}"
        recipient = Recipient(user, kind.target, _address(kind, user, number), kind.name)
        self.recipients.append(recipient)
        return recipient


def _address(kind: Kind, user: str, number: int) -> str:
    """Return an address that no other recipient has."""
    if kind.target == "Twilio":
        start = kind.address or "+1555"
        return start + str(number).zfill(12 - len(start))
    name = f"{kind.address}-{user}" if kind.address else user
    return f"{name}@example.com" if kind.target == "Email" else f"ExponentPushToken[{name}]"
