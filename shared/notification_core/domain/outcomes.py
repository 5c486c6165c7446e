"""What can come of one attempt to deliver.

A handler returns what the provider accepted, or raises: a `ProviderError` with the provider's own
code, which the module's table of errors judges (`error_table.py`), or one of the failures below.
The class of a failure says what happens next (`settle.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from notification_core.domain.timeline import CODE_LENGTH, DETAIL_LENGTH


def storable(words: object) -> str:
    """Return a provider's words as a store can keep them.

    A provider that cuts a text in the middle of an emoji leaves half of a surrogate pair, which is
    no text; it becomes a question mark. A number becomes its digits.
    """
    return str(words).encode(errors="replace").decode()


class ErrorClass(StrEnum):
    """Who or what an attempt failed on."""

    RECIPIENT = "recipient"  #: the address is dead; softly: it may come to life again
    CONSENT = "consent"  #: the recipient told the provider to stop
    MESSAGE = "message"  #: this message can never go
    CONFIGURATION = "configuration"  #: our credentials or our sender
    ACCOUNT = "account"  #: our account at the provider: suspended, over its quota
    THROTTLED = "throttled"  #: too much at once
    TRANSIENT = "transient"  #: it may go later
    ONE_RETRY = "one-retry"  #: it may go later, and no more than once more is tried
    AMBIGUOUS = "ambiguous"  #: no telling whether it went


#: Our side is broken: the target is paused, and no attempt is spent.
OURS = frozenset({ErrorClass.CONFIGURATION, ErrorClass.ACCOUNT})


class DeliveryFailed(Exception):
    """An attempt did not succeed. Raise a subclass.

    Args:
        code: the provider's own code, or a word for what happened (`read-timeout`).
        message: the provider's words, without any address or body.
        retry_after: seconds that the provider asked us to wait, if it did.
        soft: of a recipient: the address may come to life again, so this only counts.
        retries: of a soft one: how often it is tried again at most.
        pause_after: of a configuration error that recipients' servers report: how many of them
            pause the target; the first one does where it is 1.
    """

    error_class: ClassVar[ErrorClass]

    def __init__(
        self,
        code: str | int,
        message: str | None = "",
        *,
        retry_after: float | None = None,
        soft: bool = False,
        retries: int = 0,
        pause_after: int = 1,
    ) -> None:
        super().__init__(code, message)
        self.code = storable(code)
        self.message = storable(message or "")  # an SDK may have found no words
        self.retry_after = retry_after
        self.soft = soft
        self.retries = retries
        self.pause_after = pause_after

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


class Rejected(DeliveryFailed):
    """The message itself can never be delivered: too long, filtered, malformed.

    Twilio 21617 (body over 1,600 characters), SES `MessageRejected`.
    """

    error_class = ErrorClass.MESSAGE


class InvalidAddress(DeliveryFailed):
    """The address is dead, and the record is switched off; a soft one only counts a strike.

    Expo `DeviceNotRegistered`, Twilio 21211 (not a valid number); softly SMTP 552 (mailbox full).
    """

    error_class = ErrorClass.RECIPIENT


class ConsentWithdrawn(DeliveryFailed):
    """The recipient told the provider to stop. Twilio 21610."""

    error_class = ErrorClass.CONSENT


class RetryLater(DeliveryFailed):
    """It did not go, and may go later: an attempt is spent. A refused connection, a 503."""

    error_class = ErrorClass.TRANSIENT


class RetryOnce(DeliveryFailed):
    """As `RetryLater`, but once only. Twilio 30008 (unknown error)."""

    error_class = ErrorClass.ONE_RETRY


class Throttled(DeliveryFailed):
    """Too much at once: no attempt is spent. HTTP 429, SES `TooManyRequestsException`."""

    error_class = ErrorClass.THROTTLED


class Misconfigured(DeliveryFailed):
    """Our side is broken: no attempt is spent. Twilio 20003, an unverified sender."""

    error_class = ErrorClass.CONFIGURATION


class AccountBlocked(DeliveryFailed):
    """Our account is closed or over its quota: no attempt is spent. Twilio 30002."""

    error_class = ErrorClass.ACCOUNT


class OutcomeUnknown(DeliveryFailed):
    """No telling whether it went: a read time-out, a connection cut after the body."""

    error_class = ErrorClass.AMBIGUOUS


#: The failure of each class.
FAILURES: dict[ErrorClass, type[DeliveryFailed]] = {
    failure.error_class: failure
    for failure in (
        InvalidAddress,
        ConsentWithdrawn,
        Rejected,
        Misconfigured,
        AccountBlocked,
        Throttled,
        RetryLater,
        RetryOnce,
        OutcomeUnknown,
    )
}


@dataclass(frozen=True, slots=True)
class LastError:
    """Why the latest attempt failed; `error_class` is an `outcome.ErrorClass`."""

    error_class: str
    code: str
    message: str

    @classmethod
    def of(cls, failure: DeliveryFailed) -> Self:
        """Return what is kept of a failure."""
        return cls(
            failure.error_class.value,
            failure.code[:CODE_LENGTH],
            failure.message[:DETAIL_LENGTH],
        )


class ProviderError(Exception):
    """What a provider said, not yet judged.

    Args:
        codes: the provider's codes for it, the most telling first, the plainest last.
        message: the provider's words.
        status: the HTTP status of the answer, if it was one.
        otherwise: the class where the table knows none of the codes; by the HTTP status when None.
        retry_after: as a `Retry-After` header has it.
    """

    def __init__(
        self,
        *codes: str | int,
        message: str | None = "",
        status: int | None = None,
        otherwise: ErrorClass | None = None,
        retry_after: str | float | None = None,
    ) -> None:
        super().__init__(*codes)
        self.codes = [str(code) for code in codes]
        self.message = str(message or "")
        self.status = status
        self.otherwise = otherwise
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_message_id: str | None = None
    note: str = ""  #: what the timeline should say beside that
    unconfirmable: bool = False  #: nobody will say more, although the target confirms otherwise

    def __post_init__(self) -> None:
        """Keep what a store can keep."""
        if self.provider_message_id is not None:
            object.__setattr__(self, "provider_message_id", storable(self.provider_message_id))
        object.__setattr__(self, "note", storable(self.note))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The provider says that it was delivered."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """The provider says that it is still trying."""

    detail: str

    def __post_init__(self) -> None:
        """Keep what a store can keep."""
        object.__setattr__(self, "detail", storable(self.detail))


@dataclass(frozen=True, slots=True)
class Complained:
    """The recipient has it, and called it spam."""

    code: str
    detail: str = ""

    def __post_init__(self) -> None:
        """Keep what a store can keep."""
        object.__setattr__(self, "code", storable(self.code))
        object.__setattr__(self, "detail", storable(self.detail))


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The provider was not asked about a message, or it did not answer: that is not *no news*."""


#: One attempt's end.
Outcome = Accepted | DeliveryFailed

#: What a provider says of a message that it took: in an answer, a callback, an event, a receipt.
ReportContent = Accepted | Confirmed | Delayed | Complained | DeliveryFailed


@dataclass(frozen=True, slots=True)
class Unsent:
    """A claimed notification that the provider was never given.

    `failure` says why; None means that its `deliver_before` has passed.
    """

    failure: DeliveryFailed | None = None


def failure_in(end: Outcome | Unsent) -> DeliveryFailed | None:
    """Return why it did not go, if there is a failure to name."""
    if isinstance(end, Unsent):
        return end.failure
    return end if isinstance(end, DeliveryFailed) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a handler is given: one notification for one address, and nothing it need not know."""

    id: str  #: the notification's id
    attempt: int  #: 1 for the first
    user: str
    target: str  #: the target's id
    address: str  #: the record's `target_user_id`
    title: str
    body: str
    extra: dict[str, Any]
    category: str | None = None
    unsubscribable: bool = False  #: whether its category can be opted out of
    scheduled_delivery: datetime
    due_at: datetime | None = None  #: when this attempt was due
    deliver_before: datetime | None = None  #: never sent from then on
    #: Where a large content lies until it is loaded, just before the send; None afterwards.
    content_key: str | None = None
    #: When an earlier attempt began that may have gone; look for it where the provider lets us.
    possibly_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConfirmation:
    """A message whose delivery the provider has not confirmed yet."""

    id: str  #: the notification's id
    provider_message_id: str
