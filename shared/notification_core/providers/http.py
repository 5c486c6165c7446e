"""Providers reached over HTTP: connections, and what no answer says of an attempt."""

import requests
import urllib3

from notification_core.domain.outcomes import DeliveryFailed, OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.timing import PROVIDER_TIMEOUT, SEND_TIME_LIMIT

#: Seconds: a time-out of 0 is an error to urllib3.
SHORTEST = 0.001

#: What `requests` raises for an address that is no URL: nothing was sent.
NO_URL = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)

#: What urllib3 raises before there is a connection: nothing was sent.
NOT_CONNECTED = (
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.SSLError,
)


def failure_of_request(error: requests.RequestException) -> DeliveryFailed:
    """Return what a request that got no answer says: it did not go, or there is no telling."""
    name = type(error).__name__
    if isinstance(error, NO_URL):
        return Rejected("invalid-url", name)
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return RetryLater("not-connected", name)
    if isinstance(error, requests.Timeout):
        return OutcomeUnknown("read-timeout", name)
    return OutcomeUnknown("connection-cut", name)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether urllib3 gave up before there was a connection."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NOT_CONNECTED)


def failure_of_connection(error: urllib3.exceptions.HTTPError) -> DeliveryFailed:
    """The same of a request that went through urllib3 alone, without retries."""
    name = type(error).__name__
    if isinstance(error, NOT_CONNECTED):
        return RetryLater("not-connected", name)
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return Rejected("invalid-url", name)
    timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
    return OutcomeUnknown("read-timeout" if timed_out else "connection-cut", name)


def pool(size: int) -> urllib3.PoolManager:
    """Return a pool that keeps so many connections alive and repeats nothing by itself."""
    return urllib3.PoolManager(maxsize=size, retries=False, timeout=within(SEND_TIME_LIMIT))


def within(seconds: float) -> urllib3.Timeout:
    """Return the time-out of a request that has so many seconds left of its send's time."""
    connect, read = PROVIDER_TIMEOUT
    return urllib3.Timeout(connect=connect, read=read, total=max(seconds, SHORTEST))


def session(size: int) -> requests.Session:
    """Return a session that keeps so many connections alive and repeats nothing by itself."""
    kept = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=size, max_retries=0)
    kept.mount("https://", adapter)
    kept.mount("http://", adapter)
    return kept
