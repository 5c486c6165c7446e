"""What can come of one attempt to deliver.

A handler returns the provider's message id, or raises one of the failures below; the class says
who is to blame, and with that what happens next (`settle.py`). Codes and messages are the
provider's own words, kept for the timeline.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class Blame(StrEnum):
    """Who or what an attempt failed on."""

    PERMANENT = "permanent"  #: this message can never go
    RECIPIENT = "recipient"  #: the address is dead
    CONSENT = "consent"  #: the recipient told the provider to stop
    TRANSIENT = "transient"  #: it may go later
    THROTTLED = "throttled"  #: too much at once
    CONFIGURATION = "configuration"  #: our account, credentials or sender
    AMBIGUOUS = "ambiguous"  #: no telling whether it went


class DeliveryFailed(Exception):
    """An attempt did not succeed. Raise a subclass.

    Args:
        code: the provider's own code, or a word for what happened (`read-timeout`).
        message: the provider's words, without any address or body.
        retry_after: seconds that the provider asked us to wait, if it did.
    """

    blame: ClassVar[Blame]

    def __init__(
        self, code: str | int, message: str | None = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = str(code)
        self.message = str(message or "")  # an SDK may have found no words
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


class Rejected(DeliveryFailed):
    """The message itself can never be delivered: too long, filtered, malformed.

    Twilio 21617 (body over 1,600 characters), SES `MessageRejected`.
    """

    blame = Blame.PERMANENT


class AddressGone(DeliveryFailed):
    """The address is dead; the record is switched off.

    Expo `DeviceNotRegistered`, Twilio 21211 (not a valid number), SMTP 550 5.1.1.
    """

    blame = Blame.RECIPIENT


class ConsentWithdrawn(DeliveryFailed):
    """The recipient told the provider to stop. Twilio 21610."""

    blame = Blame.CONSENT


class RetryLater(DeliveryFailed):
    """It did not go, and may go later: an attempt is spent. A refused connection, a 503."""

    blame = Blame.TRANSIENT


class Throttled(DeliveryFailed):
    """Too much at once: no attempt is spent. HTTP 429, SES `TooManyRequestsException`."""

    blame = Blame.THROTTLED


class Misconfigured(DeliveryFailed):
    """Our side is broken: no attempt is spent. Twilio 20003, an unverified sender."""

    blame = Blame.CONFIGURATION


class MayHaveGone(DeliveryFailed):
    """No telling whether it went: a read time-out, a connection cut after the body."""

    blame = Blame.AMBIGUOUS


#: The failure to raise for each blame: a target's table of codes maps a code to a blame.
FAILURES: dict[Blame, type[DeliveryFailed]] = {
    failure.blame: failure
    for failure in (
        Rejected,
        AddressGone,
        ConsentWithdrawn,
        RetryLater,
        Throttled,
        Misconfigured,
        MayHaveGone,
    )
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_message_id: str | None = None


#: One attempt's end.
Outcome = Accepted | DeliveryFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a handler is given: one notification for one address, and nothing it need not know."""

    id: str  #: the notification's id
    attempt: int  #: 1 for the first
    user: str
    address: str  #: the record's `target_user_id`
    title: str
    body: str
    extra: dict[str, Any]
    scheduled_delivery: datetime
