"""The failures of delivery attempts.

A handler raises one of them, or a `ProviderError` with the provider's own code, which the module's
error table classifies (`error_table.py`). The class of a failure decides the next state of the
notification (`attempt_policy.py`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from notification_core.domain.timeline import CODE_LENGTH, DETAIL_LENGTH

#: Characters of a provider's message id. DynamoDB indexes at most 2,048 bytes, 4 for a character.
MAX_MESSAGE_ID = 512


def storable(words: object) -> str:
    """Return a provider's text in a form that a store accepts.

    A provider that truncates a text in the middle of an emoji leaves half of a surrogate pair,
    which is not valid text; it becomes a question mark. A number becomes its digits.
    """
    return str(words).encode(errors="replace").decode()


def storable_id(message_id: object) -> str:
    """Return a provider's message id in a form that a store accepts and can index."""
    return storable(message_id)[:MAX_MESSAGE_ID]


class ErrorClass(StrEnum):
    """The cause of a failed attempt."""

    RECIPIENT = "recipient"  #: the address is invalid; a soft failure may be temporary
    CONSENT = "consent"  #: the recipient has opted out at the provider
    MESSAGE = "message"  #: this message can never be delivered
    CONFIGURATION = "configuration"  #: our credentials or our sender
    ACCOUNT = "account"  #: our account at the provider: suspended, over its quota
    THROTTLED = "throttled"  #: too many requests at once
    TRANSIENT = "transient"  #: a later attempt may succeed
    ONE_RETRY = "one-retry"  #: a later attempt may succeed; it is retried only once
    AMBIGUOUS = "ambiguous"  #: it is unknown whether the message was sent


#: Causes on our side: the target is paused, and the attempt does not count.
OURS = frozenset({ErrorClass.CONFIGURATION, ErrorClass.ACCOUNT})


class DeliveryFailed(Exception):
    """An attempt did not succeed. Raise a subclass.

    Args:
        code: the provider's own code, or a name for the failure (`read-timeout`).
        message: the provider's text, without any address or body.
        retry_after: seconds that the provider asked us to wait, if it did.
        soft: for class RECIPIENT: the failure may be temporary, so it only counts as a strike.
        retries: for a soft failure: the maximum number of retries.
        pause_after: for a configuration error that recipients' servers report: the number of
            reports that pauses the target; with 1, the first report does.
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
        self.message = storable(message or "")  # an SDK may return no message
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
    """The address is invalid, and the record is deactivated; a soft failure only adds a strike.

    Expo `DeviceNotRegistered`, Twilio 21211 (not a valid number); soft: SMTP 552 (mailbox full).
    """

    error_class = ErrorClass.RECIPIENT


class ConsentWithdrawn(DeliveryFailed):
    """The recipient has opted out at the provider. Twilio 21610."""

    error_class = ErrorClass.CONSENT


class RetryLater(DeliveryFailed):
    """The message was not sent, and a retry may succeed: the attempt counts.

    Examples: a refused connection, a 503.
    """

    error_class = ErrorClass.TRANSIENT


class RetryOnce(DeliveryFailed):
    """Like `RetryLater`, but with one retry only. Twilio 30008 (unknown error)."""

    error_class = ErrorClass.ONE_RETRY


class Throttled(DeliveryFailed):
    """Too many requests: the attempt does not count. HTTP 429, SES `TooManyRequestsException`."""

    error_class = ErrorClass.THROTTLED


class Misconfigured(DeliveryFailed):
    """Our configuration is wrong: the attempt does not count. Twilio 20003, unverified sender."""

    error_class = ErrorClass.CONFIGURATION


class AccountBlocked(DeliveryFailed):
    """Our account is closed or over its quota: the attempt does not count. Twilio 30002."""

    error_class = ErrorClass.ACCOUNT


class OutcomeUnknown(DeliveryFailed):
    """It is unknown whether the message was sent.

    Examples: a read timeout, a connection that closed after the body was sent.
    """

    error_class = ErrorClass.AMBIGUOUS


#: The exception for each error class.
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
    """Why the latest attempt failed."""

    error_class: ErrorClass
    code: str
    message: str

    @classmethod
    def of(cls, failure: DeliveryFailed) -> Self:
        """Return the stored form of a failure, with truncated texts."""
        return cls(
            failure.error_class,
            failure.code[:CODE_LENGTH],
            failure.message[:DETAIL_LENGTH],
        )

    @classmethod
    def stored(cls, error_class: str, code: str, message: str) -> Self:
        """Return an error as this, an older or a newer version has stored it.

        A class that only a newer version has is read as transient: no decision depends on it.
        """
        is_known = error_class in {member.value for member in ErrorClass}
        return cls(ErrorClass(error_class) if is_known else ErrorClass.TRANSIENT, code, message)


class ProviderError(Exception):
    """An error from a provider, not yet classified.

    Args:
        codes: the provider's codes for the error, the most specific first.
        message: the provider's text.
        status: the HTTP status of the response, if there was one.
        otherwise: the class when the table has none of the codes; by the HTTP status when None.
        retry_after: the value of the `Retry-After` header.
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
