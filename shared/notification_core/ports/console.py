"""The stores of the console: sessions, the audit log, and the directory of its users."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from notification_core.domain.alarms import Alarm
from notification_core.domain.audit import AuditEntry
from notification_core.domain.clock import Clock
from notification_core.domain.console_sessions import Person, Session


class SessionStore(Protocol):
    """Sessions, by the hash of their ids. A session expires by itself some time after its end."""

    def put(self, session: Session) -> None:
        """Store a session; it replaces a session with the same hash."""
        ...

    def replace(self, session: Session) -> bool:
        """Store a changed session if it still exists; return whether it did."""
        ...

    def get(self, id_hash: str) -> Session | None:
        """Return the session with this hash (strongly consistent)."""
        ...

    def remove(self, id_hash: str) -> None:
        """Remove a session; removing it twice is allowed."""
        ...


class AuditLog(Protocol):
    """The entries of the audit log, each kept for `audit.KEPT`."""

    def put(self, entry: AuditEntry) -> None:
        """Store an entry; an entry with the same time and id is replaced."""
        ...

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[AuditEntry]:
        """List the entries of a month, newest first, only those before a position if one is given.

        There are `limit` entries if the month has as many (strongly consistent).
        """
        ...


class Directory(Protocol):
    """The user pool."""

    def find(self, username: str) -> Person | None:
        """Return a person as the user pool describes them now; None if removed or disabled.

        Raises:
            Unavailable: the user pool does not answer.
        """
        ...


class Alarms(Protocol):
    """The alarms of the stack."""

    def list(self) -> Sequence[Alarm]:
        """Return all alarms, also some of a stack whose name begins with that of this one.

        The states may be a minute old.

        Raises:
            Unavailable: CloudWatch does not answer within about a second, or denies it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolePorts:
    """The external dependencies of the console beside `Ports`, created once per process."""

    sessions: SessionStore
    audit_log: AuditLog
    directory: Directory
    alarms: Alarms
    clock: Clock
