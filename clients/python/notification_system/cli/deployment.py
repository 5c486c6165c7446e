"""A deployment that a command works on, and the choice of one on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from notification_system.signed_caller import SignedCaller


@dataclass(frozen=True)
class Choice:
    """What the command line says of where."""

    local: Path | None = None
    stack: str | None = None
    region: str | None = None
    profile: str | None = None
    api_url: str | None = None


class Deployment(Protocol):
    """Where the API is, and the AWS account around it."""

    def api(self) -> SignedCaller:
        """Return a caller of its API."""
        ...

    def client(self, service: str) -> Any:
        """Return a client of an AWS service; safe from several threads."""
        ...

    def now(self) -> datetime:
        """Return its time: a local stack's may be ahead."""
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
    def unreachable(self) -> str:
        """What to do when nothing answers."""
        ...

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        ...

    @property
    def deploy_anew(self) -> str:
        """The command to begin with when a part of it was deleted."""
        ...

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI that works on it."""
        ...

    def notify(self, *words: str) -> str:
        """Return a command of this program that works on it."""
        ...


class Clients:
    """Clients of AWS services, one each; made one at a time, for a session is not thread-safe."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._made: dict[str, Any] = {}
        self._lock = Lock()

    def __call__(self, service: str) -> Any:
        """Return the client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]
