"""What an HTTP answer, or the lack of one, says of an attempt, when no code table says more."""

from http import HTTPStatus

import requests

from notifications.domain.outcome import (
    FAILURES,
    Blame,
    DeliveryFailed,
    MayHaveGone,
    RetryLater,
)

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


def failure_of_request(error: requests.RequestException) -> DeliveryFailed:
    """Return what a request that got no answer says: it did not go, or there is no telling."""
    name = type(error).__name__
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return RetryLater("not-connected", name)
    if isinstance(error, requests.Timeout):
        return MayHaveGone("read-timeout", name)
    return MayHaveGone("connection-cut", name)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether urllib3 gave up before there was a connection."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "SSLError"}


def _seconds(retry_after: str | float | None) -> float | None:
    """Read a `Retry-After` in seconds; one that is a date is left to our own wait."""
    try:
        return None if retry_after is None else float(retry_after)
    except ValueError:
        return None


def session(pool: int) -> requests.Session:
    """Return a session that keeps so many connections alive and repeats nothing by itself."""
    kept = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=pool, max_retries=0)
    kept.mount("https://", adapter)
    kept.mount("http://", adapter)
    return kept
