"""Converts lines of the functions' logs to lines of `notify tail`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from notification_system.cli import formatting
from notification_system.cli.formatting import NOTIFICATION_ID, plain, pluralize
from notification_system.cli.times import Zone

#: The characters of a shortened id.
SHORT_ID = 8


@dataclass(frozen=True)
class Line:
    """One line of `notify tail`, which shows one event.

    Args:
        at: the time, in epoch milliseconds.
        where: the module, or the part of the system.
        what: a status, or the name of the event.
        about: the id of the notification, or counts.
        note: further details, such as a provider's code.
        raw: the log line, as JSON.
    """

    at: int
    where: str
    what: str
    about: str
    note: str
    raw: str

    def render(self, width: int, zone: Zone, *, full: bool = False) -> Text:
        """Format the line for a terminal.

        If it does not fit, its id is shortened; with `full`, its note is on a line of its own.
        """
        line = self._render(width, zone, self.about)
        if "\n" in line.plain and not full and NOTIFICATION_ID.fullmatch(self.about):
            return self._render(width, zone, self.about[:SHORT_ID])
        return line

    def _render(self, width: int, zone: Zone, about: str) -> Text:
        when = zone.local(datetime.fromtimestamp(self.at / 1000, UTC))
        line = Text.assemble(
            (f"{when:%H:%M:%S} ", "dim"),
            f"{plain(self.where):<9} ",
            (f"{plain(self.what):<16} ", formatting.STYLES.get(self.what, "")),
            plain(about),
        )
        if self.note:
            fits = cell_len(line.plain) + 1 + cell_len(self.note) <= width
            line.append(f"{' ' if fits else chr(10) + ' ' * 19}{plain(self.note)}", style="dim")
        return line


def parse_event(event: dict[str, Any], module: str | None) -> Iterator[Line]:
    """Yield the lines of a log event; with a module, only its attempts, errors and dead letters.

    Other log events yield nothing.
    """
    try:
        fields = json.loads(event["message"])
    except ValueError:
        return
    if not isinstance(fields, dict):
        return
    reader = READERS.get(str(fields.get("message")))
    if reader is None and fields.get("level") != "ERROR":
        return
    where = str(fields.get("notification_module_name") or "")
    if module is not None and where != module:
        return
    raw = event["message"].strip()
    for what, about, note in (reader or _error)(fields):
        yield Line(event["timestamp"], where or _part(fields), what, about, note, raw)


def _part(fields: dict[str, Any]) -> str:
    return {"tick": "clock", "accepted": "api"}.get(str(fields["message"]), "-")


def _attempts(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for attempt in fields.get("attempts") or ():
        number = f"#{attempt['attempt']}" if attempt.get("attempt") is not None else ""
        note = " ".join(filter(None, [number, str(attempt.get("code") or "")]))
        yield str(attempt["status"]), str(attempt["notification"]), note


def _accepted(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    ids = fields.get("notifications") or []
    if ids:
        more = f"and {len(ids) - 1:,} more" if len(ids) > 1 else ""
        yield "accepted", str(ids[0]), more


def _tick(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    counts = f"{fields.get('Enqueued', 0):,} enqueued, {fields.get('Swept', 0):,} swept"
    paused, incomplete = fields.get("Paused", 0), fields.get("Incomplete", 0)
    notes = [f"{pluralize(paused, 'target')} paused"] if paused else []
    notes += ["incomplete"] if incomplete else []
    yield "tick", counts, ", ".join(notes)


def _dead_letter(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    ids = fields.get("notifications") or []
    yield "dead letter", str(ids[0] if ids else fields.get("job") or "unreadable"), ""


def _error(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "error", str(fields.get("message")), str(fields.get("error") or "")


def _report(fields: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the line of a delivery report."""
    attempt = f"#{fields['attempt']}" if fields.get("attempt") is not None else ""
    yield (
        str(fields.get("status") or "unknown"),
        str(fields["notification"]),
        f"{attempt} report".strip(),
    )


READERS = {
    "batch": _attempts,
    "report": _report,
    "accepted": _accepted,
    "tick": _tick,
    "dead letter": _dead_letter,
}
