"""The deployment of a command, and the options that select it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from notification_system._sync.client import Client
from notification_system.retries import Retries

#: A command is run by a person, so it gives up sooner than an application.
RETRIES = Retries(attempts=3, within=10.0)


@dataclass(frozen=True)
class DeploymentOptions:
    """The options of the command line that select a deployment."""

    local: Path | None = None
    stack: str | None = None
    region: str | None = None
    profile: str | None = None
    api_url: str | None = None


class Deployment(Protocol):
    """A deployment: its API, and its resources on AWS."""

    #: Whether it is the local stack.
    is_local: bool

    def api(self, credentials: Any = None) -> Client:
        """Return a client of its API, by default with the credentials of the command."""
        ...

    def client(self, service: str) -> Any:
        """Return a client of an AWS service; safe from several threads."""
        ...

    def now(self) -> datetime:
        """Return the deployment's current time; the clock of a local stack may be ahead."""
        ...

    @property
    def stack(self) -> str:
        """The stack's name."""
        ...

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        ...

    @property
    def console_login(self) -> Mapping[str, str]:
        """The `user` and `password` of the console's administrator; empty if not known."""
        ...

    @property
    def unreachable(self) -> str:
        """The remedy for a failed connection."""
        ...

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        ...

    @property
    def deploy_anew(self) -> str:
        """The first command for recreating a deleted resource."""
        ...

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI for this deployment."""
        ...

    def notify(self, *words: str) -> str:
        """Return a command of `notify` for this deployment."""
        ...


class Clients:
    """One client per AWS service, created under a lock, because a session is not thread-safe."""

    def __init__(self, create: Any) -> None:
        self._create = create
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def __call__(self, service: str) -> Any:
        """Return the client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._create(service)
            return self._clients[service]
