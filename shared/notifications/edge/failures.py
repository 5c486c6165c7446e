"""What an answer says of an attempt, when a target's own table of codes says no more."""

import math
from http import HTTPStatus

from notifications.domain.outcome import FAILURES, Blame, DeliveryFailed

#: Seconds to connect and to wait for an answer: well within a consumer's time limit.
TIMEOUT = (3.05, 10.0)

_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: Blame.CONFIGURATION,
    HTTPStatus.FORBIDDEN: Blame.CONFIGURATION,
    HTTPStatus.REQUEST_TIMEOUT: Blame.TRANSIENT,
    HTTPStatus.TOO_EARLY: Blame.TRANSIENT,
    HTTPStatus.TOO_MANY_REQUESTS: Blame.THROTTLED,
}


def blame_of_status(status: int) -> Blame:
    """Return who is to blame for an HTTP status of a request that must not be repeated blindly."""
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Blame.AMBIGUOUS
    return Blame.PERMANENT


def failure(
    blame: Blame, code: str | int, message: str = "", *, retry_after: str | float | None = None
) -> DeliveryFailed:
    """Return the failure of a blame; `retry_after` as a `Retry-After` header has it."""
    return FAILURES[blame](code, message, retry_after=_seconds(retry_after))


def _seconds(retry_after: str | float | None) -> float | None:
    """Read a `Retry-After` in seconds; one that is no number is left to our own wait."""
    try:
        seconds = math.nan if retry_after is None else float(retry_after)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds
