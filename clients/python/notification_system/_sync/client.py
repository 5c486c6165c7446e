"""Generated from `_async` by `make client`; edit that instead."""

from pathlib import Path
from typing import Any, Self

from notification_system._sync.imports import Imports
from notification_system._sync.notifications import Notifications
from notification_system._sync.records import Records
from notification_system._sync.sending import Sending
from notification_system._sync.targets import Targets
from notification_system._sync.templates import Templates
from notification_system._sync.transport import Transport
from notification_system._sync.users import Users
from notification_system.deployments import (
    Deployment,
    local_deployment,
    stack_deployment,
    url_deployment,
)
from notification_system.retries import Retries


class Client(
    Sending,
    Notifications,
    Records,
    Targets,
    Templates,
    Users,
    Imports,
):
    """A client of the notification system's API.

    Requests are signed with AWS credentials and retried where that is safe: a notification is never
    created twice by a retry, because every request to create notifications has an idempotency key.
    One client can be used for the lifetime of the process, and closes its connections at the end of
    a `with` block or by `close`.

    Args:
        url: the API's address, including the stage: the stack's output `ApiUrl`.
        region: its AWS region; taken from the URL or the AWS configuration if it is None.
        profile: a profile of the AWS configuration.
        credentials: `botocore` credentials; otherwise those that the AWS SDK finds.
        retries: the bounds of retries.
        timeout: seconds to wait for a response.

    Raises:
        ConfigurationError: no region or no credentials were found.
    """

    def __init__(
        self,
        url: str,
        *,
        region: str | None = None,
        profile: str | None = None,
        credentials: Any = None,
        retries: Retries | None = None,
        timeout: float = 35.0,
    ) -> None:
        deployment = url_deployment(url, region=region, profile=profile, credentials=credentials)
        self._connect(deployment, retries, timeout)

    @classmethod
    def local(
        cls,
        stack_file: str | Path | None = None,
        *,
        retries: Retries | None = None,
        timeout: float = 35.0,
    ) -> Self:
        """Return a client of the local stack that `make up` started.

        Args:
            stack_file: its `.local/stack.json`; by default the one that the variable NOTIFY_LOCAL
                names, or that of the checkout which contains the current folder.
            retries: the bounds of retries.
            timeout: seconds to wait for a response.

        Raises:
            ConfigurationError: there is no local stack.
        """
        return cls.of_deployment(local_deployment(stack_file), retries=retries, timeout=timeout)

    @classmethod
    def from_stack(
        cls,
        stack: str = "notifications",
        *,
        region: str | None = None,
        profile: str | None = None,
        retries: Retries | None = None,
        timeout: float = 35.0,
    ) -> Self:
        """Return a client of a stack on AWS, whose outputs the caller may read.

        Raises:
            ConfigurationError: there is no such stack, no region, or no credentials.
        """
        deployment = stack_deployment(stack, region=region, profile=profile)
        return cls.of_deployment(deployment, retries=retries, timeout=timeout)

    @classmethod
    def of_deployment(
        cls, deployment: Deployment, *, retries: Retries | None = None, timeout: float = 35.0
    ) -> Self:
        """Return a client of a deployment."""
        client = cls.__new__(cls)
        client._connect(deployment, retries, timeout)  # noqa: SLF001 - of this class
        return client

    def _connect(self, deployment: Deployment, retries: Retries | None, timeout: float) -> None:
        self._retries = retries or Retries()
        self._transport = Transport(deployment, self._retries, timeout)

    @property
    def url(self) -> str:
        """The address of the API, including the stage."""
        return self._transport.url

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
