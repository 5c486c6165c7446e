"""How the findings of checks are shown."""

from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from notification_system.cli.checks.finding import Finding, State
from notification_system.cli.formatting import plain
from notification_system.cli.session import Session

#: The spaces before a command.
INDENT = 6

MARKS = {
    State.PASSED: ("ok", "green"),
    State.WARNING: ("warn", "yellow"),
    State.FAILED: ("FAIL", "bold red"),
    State.SKIPPED: ("skip", "dim"),
}


def show(session: Session, finding: Finding, width: int = 13) -> None:
    """Print a finding, and below it the command that fixes it. `width` is that of the names."""
    word, style = MARKS[finding.state or State.PASSED]
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=5)
    line.add_column(width=width)
    line.add_column(overflow="fold")
    line.add_row(Text(word, style=style), finding.check, Text(plain(finding.message)))
    session.out.print(line)
    if finding.remedy:
        session.print_command(finding.remedy, INDENT)


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as `{"check", "ok", "message", "remedy", "state"}`."""
    return asdict(finding)
