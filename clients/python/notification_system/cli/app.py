"""The program `notify`: its commands, and what becomes of an error."""

import os
import sys

import typer
from rich.console import Console
from rich.text import Text

from notification_system.cli import (
    cost,
    doctor,
    notifications,
    opt_out,
    privacy,
    records,
    redrive,
    send,
    session,
    tail,
    targets,
)
from notification_system.cli.errors import Trouble
from notification_system.cli.formatting import plain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
session.common(app, "Tell people something, see what became of it, and mend what went wrong.")
for group in (send, notifications, redrive, opt_out, records, targets, tail, doctor, cost, privacy):
    group.add_to(app)


def main() -> None:
    """Run one command. Exit code 1: it could not be done; 2: it was not said rightly."""
    try:
        app(prog_name="notify")
    except Trouble as trouble:
        _fail(trouble)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("NOTIFY_TRACEBACK"):
            raise
        _fail(_ours(error))


def _ours(error: Exception) -> Trouble:
    said = f"notify itself failed: {type(error).__name__}: {error}"
    return Trouble(said, "NOTIFY_TRACEBACK=1 before the command shows where.")


def _fail(trouble: Trouble) -> None:
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    console.print(Text("Error: ", style="bold red").append(plain(trouble.says), style="default"))
    if trouble.remedy:
        console.print(Text(plain(trouble.remedy)))
    sys.exit(1)
