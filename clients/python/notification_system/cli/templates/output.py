"""Prints the problems of files."""

from collections.abc import Iterable

from rich.text import Text

from notification_system.cli.formatting import plain
from notification_system.cli.session import Session
from notification_system.cli.templates.file_problems import FileProblem


def print_problems(session: Session, problems: Iterable[FileProblem]) -> None:
    """Print problems as a compiler does, one per line, however long the line is."""
    for problem in problems:
        place = f"{problem.file.as_posix()}:{problem.line}:"
        kind = ("warning", "yellow") if problem.warning else ("error", "red")
        line = Text.assemble((place, "bold"), " ", kind, f": {plain(problem.message)}")
        session.out.print(line, soft_wrap=True)
