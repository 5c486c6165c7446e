"""HTTP connections to providers, and the outcome of requests without a response."""

import requests
import urllib3

from notification_core.domain.failures import DeliveryFailed, OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.timing import PROVIDER_TIMEOUT, SEND_TIME_LIMIT

#: Seconds. urllib3 rejects a timeout of 0.
SHORTEST = 0.001

#: Exceptions of `requests` for an invalid URL: nothing was sent.
NO_URL = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)

#: Exceptions of urllib3 before a connection exists: nothing was sent.
NOT_CONNECTED = (
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.SSLError,
)


def failure_of_request(error: requests.RequestException) -> DeliveryFailed:
    """Return the outcome of a request without a response: not sent, or unknown."""
    name = type(error).__name__
    if isinstance(error, NO_URL):
        return Rejected("invalid-url", name)
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return RetryLater("not-connected", name)
    if isinstance(error, requests.Timeout):
        return OutcomeUnknown("read-timeout", name)
    return OutcomeUnknown("connection-cut", name)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether urllib3 gave up before a connection existed."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NOT_CONNECTED)


def failure_of_connection(error: urllib3.exceptions.HTTPError) -> DeliveryFailed:
    """Return the outcome of a request without a response that used urllib3 without retries."""
    name = type(error).__name__
    if isinstance(error, NOT_CONNECTED):
        return RetryLater("not-connected", name)
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return Rejected("invalid-url", name)
    timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
    return OutcomeUnknown("read-timeout" if timed_out else "connection-cut", name)


def pool(size: int) -> urllib3.PoolManager:
    """Return a pool that keeps up to `size` connections alive and never retries by itself."""
    return urllib3.PoolManager(maxsize=size, retries=False, timeout=within(SEND_TIME_LIMIT))


def within(seconds: float) -> urllib3.Timeout:
    """Return the timeout of a request with this many seconds left of its send's time budget."""
    connect, read = PROVIDER_TIMEOUT
    return urllib3.Timeout(connect=connect, read=read, total=max(seconds, SHORTEST))


def session(size: int) -> requests.Session:
    """Return a session that keeps up to `size` connections alive and never retries by itself."""
    kept = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=size, max_retries=0)
    kept.mount("https://", adapter)
    kept.mount("http://", adapter)
    return kept
