"""One line of `notify tail`, from one line of a function's log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from notification_system.cli import formatting
from notification_system.cli.formatting import counted, plain


@dataclass(frozen=True)
class Line:
    """One thing that happened.

    Args:
        at: when, epoch milliseconds.
        where: the module or the function's part.
        what: a status, or what was done.
        about: whose: a notification's id, or counts.
        note: what comes after, such as a provider's code.
        raw: the log line, JSON.
    """

    at: int
    where: str
    what: str
    about: str
    note: str
    raw: str

    def shown(self, width: int) -> Text:
        """Return it as a line; the note has one of its own where there is no room."""
        when = datetime.fromtimestamp(self.at / 1000, UTC)
        line = Text.assemble(
            (f"{when:%H:%M:%S} ", "dim"),
            f"{plain(self.where):<9} ",
            (f"{plain(self.what):<16} ", formatting.STYLES.get(self.what, "")),
            plain(self.about),
        )
        if self.note:
            room = cell_len(line.plain) + 1 + cell_len(self.note) <= width
            line.append(f"{' ' if room else chr(10) + ' ' * 19}{plain(self.note)}", style="dim")
        return line


def lines_of(event: dict[str, Any], module: str | None) -> Iterator[Line]:
    """Read a log event; of one module only its attempts, errors and dead letters.

    What is no line of ours yields nothing.
    """
    try:
        said = json.loads(event["message"])
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    reader = READERS.get(str(said.get("message")))
    if reader is None and said.get("level") != "ERROR":
        return
    where = str(said.get("notification_module_name") or "")
    if module is not None and where != module:
        return
    raw = event["message"].strip()
    for what, about, note in (reader or _error)(said):
        yield Line(event["timestamp"], where or _part(said), what, about, note, raw)


def _part(said: dict[str, Any]) -> str:
    return {"tick": "clock", "accepted": "api"}.get(str(said["message"]), "-")


def _attempts(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in said.get("attempts") or ():
        number = f"#{each['attempt']}" if each.get("attempt") is not None else ""
        note = " ".join(filter(None, [number, str(each.get("code") or "")]))
        yield str(each["status"]), str(each["notification"]), note


def _accepted(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    ids = said.get("notifications") or []
    if ids:
        more = f"and {len(ids) - 1:,} more" if len(ids) > 1 else ""
        yield "accepted", str(ids[0]), more


def _tick(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    done = f"{said.get('Enqueued', 0):,} enqueued, {said.get('Swept', 0):,} swept"
    paused, incomplete = said.get("Paused", 0), said.get("Incomplete", 0)
    notes = [f"{counted(paused, 'target')} paused"] if paused else []
    notes += ["incomplete"] if incomplete else []
    yield "tick", done, ", ".join(notes)


def _dead_letter(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    ids = said.get("notifications") or []
    yield "dead letter", str(ids[0] if ids else said.get("job") or "unreadable"), ""


def _error(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "error", str(said.get("message")), str(said.get("error") or "")


def _report(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What a provider said of one notification after it took it."""
    attempt = f"#{said['attempt']}" if said.get("attempt") is not None else ""
    yield str(said.get("status") or "not known"), str(said["notification"]), f"{attempt} report"


READERS = {
    "batch": _attempts,
    "report": _report,
    "accepted": _accepted,
    "tick": _tick,
    "dead letter": _dead_letter,
}
