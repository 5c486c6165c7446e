"""Problems of the files of a template, each with its file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, order=True)
class FileProblem:
    """A problem, and where it is.

    `str()` is the line of a compiler, which editors and CI systems turn into a link:
    `templates/receipt/de/sms.txt:1: error: the variable `totl` is not in the schema`.
    """

    file: Path
    line: int  #: from 1
    message: str
    warning: bool = False

    def __str__(self) -> str:
        """Return `FILE:LINE: error: MESSAGE`, or `warning`."""
        kind = "warning" if self.warning else "error"
        return f"{self.file.as_posix()}:{self.line}: {kind}: {self.message}"

    def as_json(self) -> Mapping[str, Any]:
        """Return the problem as a JSON object."""
        return {
            "file": self.file.as_posix(),
            "line": self.line,
            "severity": "warning" if self.warning else "error",
            "message": self.message,
        }


class UnreadableFiles(Exception):
    """The files of a template do not make a document.

    Args:
        problems: at least one.
    """

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
