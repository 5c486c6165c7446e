"""The stores of the console in memory."""

from collections.abc import Sequence

from notification_core.domain.alarms import Alarm
from notification_core.domain.audit import AuditEntry
from notification_core.domain.console_sessions import Person, Session
from notification_core.domain.errors import Unavailable


class MemorySessions:
    """A SessionStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Session] = {}

    def put(self, session: Session) -> None:
        self.stored[session.id_hash] = session

    def replace(self, session: Session) -> bool:
        exists = session.id_hash in self.stored
        if exists:
            self.put(session)
        return exists

    def get(self, id_hash: str) -> Session | None:
        return self.stored.get(id_hash)

    def remove(self, id_hash: str) -> None:
        self.stored.pop(id_hash, None)


class MemoryAuditLog:
    """An AuditLog."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], AuditEntry] = {}

    def put(self, entry: AuditEntry) -> None:
        self.stored[entry.month, entry.position] = entry

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[AuditEntry]:
        positions = sorted(
            (position for of_month, position in self.stored if of_month == month), reverse=True
        )
        wanted = [position for position in positions if before is None or position < before]
        return [self.stored[month, position] for position in wanted[:limit]]


class MemoryDirectory:
    """A Directory; a test changes `people`."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}

    def find(self, username: str) -> Person | None:
        return self.people.get(username)


class MemoryAlarms:
    """Alarms; a test changes `stored`, and sets it to None if CloudWatch does not answer."""

    def __init__(self) -> None:
        self.stored: list[Alarm] | None = []

    def list(self) -> Sequence[Alarm]:
        if self.stored is None:
            raise Unavailable
        return list(self.stored)
