"""`notify smoke`: verifies a deployed stack by using it."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Annotated, NoReturn

import typer

from notification_system.cli.checks.finding import Finding, State
from notification_system.cli.checks.output import as_json, show
from notification_system.cli.checks.stack import read_stack
from notification_system.cli.formatting import pluralize
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.smoke.cleanup import clean_up
from notification_system.cli.smoke.runner import LIVE, NAMES, run
from notification_system.cli.smoke.trial import Choices, Trial

#: The exit code of a command that was interrupted (128 and the number of SIGINT).
INTERRUPTED = 130

#: The width of the names of the checks.
WIDTH = 14

Sms = Annotated[
    str | None, typer.Option("--sms", metavar="NUMBER", help="Also send an SMS to this number.")
]
Role = Annotated[
    str | None,
    typer.Option(
        "--role", metavar="ARN", help="Also repeat a request from a second session of this role."
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CHECK", help="Run this check only; may be repeated."),
]
Patience = Annotated[
    float, typer.Option("--patience", metavar="SECONDS", min=1, help="Wait so long for each step.")
]
NoDeadLetter = Annotated[
    bool,
    typer.Option("--no-dead-letter", help="Raise no alarm by a dead letter.", show_default=False),
]
Keep = Annotated[
    bool, typer.Option("--keep", help="Do not erase the test user.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "smoke", "Operating")(smoke)


def smoke(
    session: Session,
    sms: Sms = None,
    role: Role = None,
    only: Only = None,
    patience: Patience = 120.0,
    no_dead_letter: NoDeadLetter = False,
    keep: Keep = False,
) -> None:
    """Verify a deployed stack: send, wait for the outcomes, check the settings, clean up.

    Takes about three minutes and costs less than a cent, SMS aside. Exit code 1 if a check failed.
    """
    unknown = set(only or ()) - set(NAMES)
    if unknown:
        message = f"no check is named {min(unknown)}. The checks are: {', '.join(NAMES)}"
        raise typer.BadParameter(message, param_hint="--only")
    choices = Choices(sms=sms, role=role, patience=patience, uses_dead_letters=not no_dead_letter)
    began = time.monotonic()
    trial = Trial(read_stack(session), choices)
    names = frozenset(only or NAMES)
    _announce(session, trial, names)
    findings, interrupted = _run(session, trial, names, keep=keep)
    seconds = time.monotonic() - began
    failed = [finding for finding in findings if not finding.ok]
    if session.json:
        document = {
            "ok": not failed and not interrupted,
            "interrupted": interrupted,
            "user": trial.user,
            "seconds": round(seconds, 1),
            "findings": [as_json(finding) for finding in findings],
        }
        session.print_json(document)
    else:
        _summarize(session, findings, seconds, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if failed:
        raise typer.Exit(1)


def _announce(session: Session, trial: Trial, names: frozenset[str]) -> None:
    if not session.json and names & LIVE.keys():
        stack, user = trial.stack.name, trial.user
        line = f"Verifying the stack {stack} with the test user {user} ..."
        session.err.print(line, soft_wrap=True)


def _run(
    session: Session, trial: Trial, names: frozenset[str], *, keep: bool
) -> tuple[list[Finding], bool]:
    """Run the checks and clean up; return the findings, and whether the run was interrupted."""
    findings: list[Finding] = []
    interrupted = False

    def report(finding: Finding) -> None:
        findings.append(finding)
        if not session.json:
            show(session, finding, WIDTH)

    with _interruptible():
        try:
            with closing(run(trial, names)) as found:
                for finding in found:
                    report(finding)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if names & LIVE.keys() and not keep:
                report(clean_up(trial))
    return findings, interrupted


@contextmanager
def _interruptible() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that a cancelled job of a CI system cleans up too."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _summarize(
    session: Session, findings: list[Finding], seconds: float, *, interrupted: bool
) -> None:
    counts = {state: sum(finding.state == state for finding in findings) for state in State}
    parts = [
        f"{counts[State.PASSED]} passed",
        pluralize(counts[State.WARNING], "warning"),
        f"{counts[State.FAILED]} failed",
        f"{counts[State.SKIPPED]} skipped",
    ]
    style = "bold red" if counts[State.FAILED] or interrupted else "bold green"
    text = f"{', '.join(parts)} in {seconds:.0f} s."
    session.out.print(f"\n{'Interrupted. ' if interrupted else ''}{text}", style=style)
