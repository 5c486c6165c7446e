"""The client of this process."""

import os
from threading import Lock

from notification_system._sync.client import Client
from notification_system.django.conf import app_settings
from notification_system.retries import Retries

_clients: dict[int, Client] = {}
_lock = Lock()


def client() -> Client:
    """Return the client of this process, which its threads share.

    It is created at its first use, so a server may fork its workers before or after that.

    Raises:
        ImproperlyConfigured: the setting is missing or not valid.
        ConfigurationError: the stack, the region or the credentials were not found.
    """
    process = os.getpid()
    with _lock:
        if process not in _clients:
            _clients.clear()  # the connections of the process that this one was forked from
            _clients[process] = _connect()
        return _clients[process]


def _connect() -> Client:
    configured = app_settings()
    retries = Retries(within=configured.retry_seconds)
    timeout, region = configured.timeout, configured.region
    if configured.api_url:
        return Client(configured.api_url, region=region, retries=retries, timeout=timeout)
    if configured.stack:
        return Client.from_stack(configured.stack, region=region, retries=retries, timeout=timeout)
    path = configured.local if isinstance(configured.local, str) else None
    return Client.local(path, retries=retries, timeout=timeout)


def forget() -> None:
    """Connect anew at the next use."""
    with _lock:
        _clients.clear()
