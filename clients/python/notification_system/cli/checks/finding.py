"""The finding of a check, and what every check is given."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class State(StrEnum):
    """The result of a check. Only `FAILED` makes a command fail."""

    PASSED = "passed"
    WARNING = "warning"  #: works as it is, but has a limit that the operator has to know
    FAILED = "failed"
    SKIPPED = "skipped"  #: could not be checked here; the message says why


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Args:
        check: the name of the check.
        ok: False if the check failed.
        message: the result, as a sentence.
        remedy: the command that fixes the problem; empty if the check passed.
        state: by default `PASSED` or `FAILED`, according to `ok`.
    """

    check: str
    ok: bool
    message: str
    remedy: str = ""
    state: State | None = None

    def __post_init__(self) -> None:
        if self.state is None:
            object.__setattr__(self, "state", State.PASSED if self.ok else State.FAILED)


def warning(check: str, message: str, remedy: str) -> Finding:
    """Return the finding of a limit that is not a fault."""
    return Finding(check, True, message, remedy, State.WARNING)


def skipped(check: str, reason: str) -> Finding:
    """Return the finding of a check that cannot run here."""
    return Finding(check, True, reason, state=State.SKIPPED)


class Account(Protocol):
    """An AWS account, with or without the stack in it."""

    @property
    def is_local(self) -> bool:
        """Whether it is the emulator, whose account has no limits of its own."""
        ...

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        ...

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI."""
        ...
