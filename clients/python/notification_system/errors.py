"""The exceptions that a client raises.

Every problem type of the API has one exception class. The class is found by the `code` of the
problem document (RFC 9457), the last part of its `type`. A code that this version does not know is
raised as its general class, so a newer server does not break an older client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field of a request, and the change that it needs."""

    field: str
    message: str


class NotificationSystemError(Exception):
    """The base class of every exception that this package raises."""


class ConfigurationError(NotificationSystemError):
    """The client cannot find its deployment, its region or its credentials."""


class ConnectionFailed(NotificationSystemError):
    """The API could not be reached, or its response was lost, and all retries are used up.

    If `possibly_processed` is true, the request may have been carried out. To find out, repeat it
    with the same idempotency key.
    """

    def __init__(self, message: str, *, possibly_processed: bool, timed_out: bool = False) -> None:
        super().__init__(message)
        self.possibly_processed = possibly_processed
        self.timed_out = timed_out  #: whether the last attempt waited too long for a response


class SendInterrupted(NotificationSystemError):
    """`send_many` could not finish. The cause is in `__cause__`.

    To go on, pass `remaining` to `send_many`. Its items have idempotency keys, so an item that the
    API accepted before the interruption is not created twice.

    Attributes:
        results: the results of the items that were processed, in order.
        remaining: the other items, in order.
    """

    def __init__(self, results: Sequence[Any], remaining: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(f"{len(results)} items were processed; {len(remaining)} remain")
        self.results = list(results)
        self.remaining = list(remaining)


class ApiError(NotificationSystemError):
    """The API refused a request.

    Attributes:
        status: the HTTP status.
        code: the problem's code, such as `opted-out`; empty for a response without a problem
            document, such as API Gateway's 403.
        detail: what is wrong, in a sentence.
        errors: the invalid fields, if the problem names any.
        request_id: API Gateway's id of the request, or an empty text.
        body: the response's body: a JSON value, or a text.
        possibly_repeated: an earlier attempt of the same request may have been processed.
    """

    code: ClassVar[str] = ""

    def __init__(self, status: int, body: Any, *, request_id: str = "") -> None:
        problem: Mapping[str, Any] = body if isinstance(body, dict) else {}
        self.status = status
        self.body = body
        self.request_id = request_id
        self.possibly_repeated = False
        self.problem_type = str(problem.get("type") or "")
        self.errors = tuple(
            FieldError(str(error["field"]), str(error["message"]))
            for error in problem.get("errors") or ()
        )
        self.detail = str(
            problem.get("detail") or problem.get("message") or problem.get("Message") or body or ""
        )
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        fields = "; ".join(f"{error.field}: {error.message}" for error in self.errors)
        return f"{self.status} {fields or self.detail}".rstrip()


class InvalidRequest(ApiError):
    """The API cannot process the request. `errors` names the invalid fields, if there are any."""


class InvalidInput(InvalidRequest):
    """A field of the request is not valid; see `errors`."""

    code = "invalid-input"


class MalformedJson(InvalidRequest):
    """The request's body is not a JSON object."""

    code = "malformed-json"


class UnknownModule(InvalidRequest):
    """No handler with this module name is deployed."""

    code = "unknown-module"


class NoActiveRecords(InvalidRequest):
    """The user has no active address in the requested targets."""

    code = "no-active-records"


class NotFound(ApiError):
    """There is nothing with this id."""

    code = "not-found"


class UnknownRecord(NotFound):
    """There is no target user record with this id."""

    code = "unknown-record"


class UnknownTarget(NotFound):
    """There is no target with this name or id."""

    code = "unknown-target"


class MethodNotAllowed(ApiError):
    """The path has no such method: the client and the deployment have different versions."""

    code = "method-not-allowed"


class Conflict(ApiError):
    """The request conflicts with the stored state."""


class NameTaken(Conflict):
    """Another target has this name."""

    code = "name-taken"


class TemplateInUse(Conflict):
    """A notification that waits needs this template."""

    code = "template-in-use"


class TargetInUse(Conflict):
    """Target user records refer to this target; delete them first."""

    code = "target-in-use"


class RecordExists(Conflict):
    """The user already has this address in this target."""

    code = "record-exists"


class BeingErased(Conflict):
    """The user is being erased; register the address again when that job is done."""

    code = "being-erased"


class OptedOut(Conflict):
    """The user has opted out of this notification."""

    code = "opted-out"


class OptedIn(Conflict):
    """The user has opted in since: an imported opt-out is not recorded."""

    code = "opted-in"


class IdempotencyMismatch(Conflict):
    """The idempotency key was used before with other content."""

    code = "idempotency-mismatch"


class Forbidden(ApiError):
    """API Gateway rejected the signature or the caller's permissions."""


class TooManyRequests(ApiError):
    """The rate limit of the deployment is exceeded, and all retries are used up."""


class ServerError(ApiError):
    """The deployment failed to process the request, and all retries are used up."""


class InternalError(ServerError):
    """The deployment has a fault; its log has the details."""

    code = "internal-error"


class Unavailable(ServerError):
    """A service that the deployment depends on did not respond. Nothing is lost."""

    code = "unavailable"


class StillSending(ServerError):
    """The opt-out is stored, but a notification is being sent at this moment; repeat the call."""

    code = "still-sending"


def _subclasses(base: type[ApiError]) -> dict[str, type[ApiError]]:
    classes = {base.code: base} if base.code else {}
    for subclass in base.__subclasses__():
        classes |= _subclasses(subclass)
    return classes


#: The exception class of each problem code.
BY_CODE: Mapping[str, type[ApiError]] = _subclasses(ApiError)

_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequest,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: InvalidRequest,
    422: InvalidRequest,
    429: TooManyRequests,
}


def api_error(status: int, body: Any, *, request_id: str = "") -> ApiError:
    """Return the exception for an error response: by its problem code, else by its status."""
    code = str(body.get("type") or "").rpartition(":")[2] if isinstance(body, dict) else ""
    general = ServerError if status >= 500 else ApiError  # noqa: PLR2004 - a server error
    error_class = BY_CODE.get(code) or _BY_STATUS.get(status, general)
    return error_class(status, body, request_id=request_id)
