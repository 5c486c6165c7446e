"""Errors of a caller's request. The docstring of each class is its default message.

The HTTP API converts an error into a problem document by its `code` and its `kind`; this module is
independent of HTTP.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar


class ErrorKind(Enum):
    """The part of a request, or of the system, that an error is about."""

    INVALID = auto()  #: the request itself
    MISSING = auto()  #: an entity that the request names does not exist
    CONFLICT = auto()  #: the current state does not allow the request
    UNAVAILABLE = auto()  #: the same request may succeed later


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field of the input, and how to correct it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class NotificationError(Exception):
    """The request cannot be carried out."""

    code: ClassVar[str] = "invalid-request"
    kind: ClassVar[ErrorKind] = ErrorKind.INVALID

    def __init__(self, detail: str | None = None, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.__doc__)
        self.detail = str(self)
        self.fields = fields


class InvalidInput(NotificationError):
    """The input is not valid; see `errors` for each field."""

    code = "invalid-input"

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        """Return an error about one field."""
        return cls.listing([FieldError(field, message)])

    @classmethod
    def listing(cls, fields: Iterable[FieldError]) -> "InvalidInput":
        """Return an error about several fields."""
        listed = tuple(fields)
        return cls("; ".join(map(str, listed)), listed)

    def under(self, path: str) -> "InvalidInput":
        """Return the error with its fields below a path, such as `content.sms`."""
        if not path:
            return self
        return self.listing(
            FieldError(f"{path}.{field.field}", field.message) for field in self.fields
        )


def check_all(checks: Iterable[Callable[[], None]]) -> None:
    """Run checks, and report the fields of all that fail.

    Raises:
        InvalidInput: at least one check failed.
    """
    failures = list[InvalidInput]()
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            failures.append(error)
    if failures:
        detail = "; ".join(failure.detail for failure in failures)
        fields = tuple(field for failure in failures for field in failure.fields)
        raise InvalidInput(detail, fields)


class NotFound(NotificationError):
    """There is nothing with this id."""

    code = "not-found"
    kind = ErrorKind.MISSING


class UnknownRecord(NotificationError):
    """There is no target user record with this id."""

    code = "unknown-record"
    kind = ErrorKind.MISSING


class UnknownTarget(NotificationError):
    """There is no target with this name or id."""

    code = "unknown-target"
    kind = ErrorKind.MISSING


class UnknownModule(NotificationError):
    """No handler of this module name is deployed."""

    code = "unknown-module"


class NameTaken(NotificationError):
    """Another target has this name."""

    code = "name-taken"
    kind = ErrorKind.CONFLICT


class TargetInUse(NotificationError):
    """Target user records point at this target; delete them first."""

    code = "target-in-use"
    kind = ErrorKind.CONFLICT


class TemplateInUse(NotificationError):
    """A notification that waits needs this template."""

    code = "template-in-use"
    kind = ErrorKind.CONFLICT


class RecordExists(NotificationError):
    """The user already has this address in this target."""

    code = "record-exists"
    kind = ErrorKind.CONFLICT


class BeingErased(NotificationError):
    """The user is being erased; register the address again when that job is done."""

    code = "being-erased"
    kind = ErrorKind.CONFLICT


class NoActiveRecords(NotificationError):
    """The user has no active target user record in the targets asked for."""

    code = "no-active-records"


class OptedOut(NotificationError):
    """The user has opted out of notifications."""

    code = "opted-out"
    kind = ErrorKind.CONFLICT


class OptedIn(NotificationError):
    """The user has opted in here since."""

    code = "opted-in"
    kind = ErrorKind.CONFLICT


class IdempotencyMismatch(NotificationError):
    """The idempotency key was used before with other content."""

    code = "idempotency-mismatch"
    kind = ErrorKind.CONFLICT


class StillSending(NotificationError):
    """The opt-out is stored, but a notification is being sent at this moment; ask again."""

    code = "still-sending"
    kind = ErrorKind.UNAVAILABLE


class Unavailable(NotificationError):
    """A service this depends on did not answer; nothing is lost, try again."""

    code = "unavailable"
    kind = ErrorKind.UNAVAILABLE
