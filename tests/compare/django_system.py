"""django-notification-system 1.5.3 on Django 3.2 and SQLite."""

import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.compare.mails import Addresses
from tests.compare.names import DJANGO
from tests.compare.systems import Usage, end_of, peer, run, start

_APP = "tests.compare.peers.django_app"
_SENDER = "process_notifications"


class DjangoSystem:
    """Notifications in SQLite, which `process_notifications` sends one after the other.

    Args:
        folder: the folder of the database.
        mail_port: the port of the mail server.
    """

    name = DJANGO
    killed = "process_notifications"
    recovery = "cron starts it again"
    repairs_itself = False

    def __init__(self, folder: Path, mail_port: int) -> None:
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "tests.compare.peers.django_settings",
            "COMPARE_DATABASE": str(folder / "django.sqlite3"),
            "COMPARE_MAIL_PORT": str(mail_port),
        }
        self._addresses = Addresses()
        self._due_at: float | None = None
        self._senders: list[Any] = []
        self._seconds = {"creation": 0.0, _SENDER: 0.0}
        run(peer("django", "migrate", "--verbosity", "0"), self._environment)

    def addresses(self, count: int, latency_ms: int) -> list[str]:  # noqa: ARG002 - as `System`
        """Return the recipients of a run."""
        return self._addresses.of(count)

    def register(self, recipients: Sequence[str]) -> None:
        """Add users and their addresses."""
        new = self._addresses.new(recipients)
        if new:
            run(peer(_APP, "users"), self._environment, {"addresses": new})

    def ask(self, recipients: Sequence[str], due_at: float | None) -> float:
        """Create the notifications in one process."""
        self._due_at = due_at
        request = {"addresses": list(recipients), "due_at": due_at}
        answer, seconds = run(peer(_APP, "notify"), self._environment, request)
        self._seconds["creation"] += seconds
        return float(answer["began"])

    def work(self, *, workers: int = 1) -> None:
        """Start the command at the due time, as cron would without a delay."""
        time.sleep(max(0.0, (self._due_at or 0.0) - time.time()))
        command = peer("django", _SENDER)
        self._senders = [start(command, self._environment) for _ in range(workers)]

    def settle(self) -> None:
        """Wait until the commands have ended."""
        self._seconds[_SENDER] += sum(map(end_of, self._senders))
        self._senders = []

    def usage(self) -> Usage:
        """Return the CPU time of its commands."""
        return Usage(own=dict(self._seconds))

    def kill_worker(self) -> None:
        """Kill the command."""
        self._senders[0].send_signal(signal.SIGKILL)

    def recover(self) -> None:
        """Start the command again."""
        self.settle()
        self.work()

    def held_back(self) -> int:
        """Return 0, because unsent notifications are still due."""
        return 0


@contextmanager
def django_system(mail_port: int) -> Iterator[DjangoSystem]:
    """Create a system with an empty database."""
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        yield DjangoSystem(Path(folder), mail_port)
