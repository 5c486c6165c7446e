"""The client of this process."""

import os
from threading import Lock

from notification_system._sync.client import Client
from notification_system.deployments import local_deployment
from notification_system.django.conf import AppSettings, app_settings
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


def operator_client(profile: str | None) -> Client:
    """Return a client with the rights of an operator, who may import.

    Args:
        profile: a profile of the AWS configuration. Default: the credentials of this process. The
            local stack has a key of its own for operators.

    Raises:
        ImproperlyConfigured: the setting is missing or not valid.
        ConfigurationError: the stack, the region or the credentials were not found.
    """
    return _connect(profile, is_operator=True)


def _connect(profile: str | None = None, *, is_operator: bool = False) -> Client:
    configured = app_settings()
    retries = Retries(within=configured.retry_seconds)
    timeout, region = configured.timeout, configured.region
    if configured.api_url:
        url = configured.api_url
        return Client(url, region=region, profile=profile, retries=retries, timeout=timeout)
    if configured.stack:
        stack = configured.stack
        return Client.from_stack(
            stack, region=region, profile=profile, retries=retries, timeout=timeout
        )
    return _local(configured, retries, is_operator=is_operator)


def _local(configured: AppSettings, retries: Retries, *, is_operator: bool) -> Client:
    path = configured.local if isinstance(configured.local, str) else None
    deployment = local_deployment(path, is_operator=is_operator)
    return Client.of_deployment(deployment, retries=retries, timeout=configured.timeout)


def forget() -> None:
    """Connect anew at the next use."""
    with _lock:
        _clients.clear()
