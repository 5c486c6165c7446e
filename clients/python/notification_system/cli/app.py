"""The program `notify`: its commands, and the handling of errors."""

import os
import sys

import typer
from rich.console import Console
from rich.text import Text

from notification_system.cli import (
    completion,
    console,
    cost,
    doctor,
    find,
    importing,
    notifications,
    opt_out,
    options,
    privacy,
    records,
    redrive,
    send,
    tail,
    targets,
    user_settings,
)
from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain
from notification_system.cli.restore import commands as restore
from notification_system.cli.smoke import command as smoke
from notification_system.cli.templates import commands as templates

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
options.add_common_options(app, "Send notifications, follow them, and fix problems.")
for group in (
    send,
    notifications,
    find,
    redrive,
    opt_out,
    user_settings,
    records,
    targets,
    tail,
    doctor,
    smoke,
    restore,
    console,
    completion,
    cost,
    privacy,
    importing,
    templates,
):
    group.add_to(app)


def main() -> None:
    """Run one command. Exit code 1: the command failed; 2: invalid usage."""
    try:
        app(prog_name="notify")
    except CliError as error:
        _fail(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("NOTIFY_TRACEBACK"):
            raise
        _fail(_internal_error(error))


def _internal_error(error: Exception) -> CliError:
    message = f"notify failed unexpectedly: {type(error).__name__}: {error}"
    return CliError(message, "Set NOTIFY_TRACEBACK=1 to see the traceback.")


def _fail(error: CliError) -> None:
    err = Console(stderr=True, highlight=False, markup=False, emoji=False)
    err.print(Text("Error: ", style="bold red").append(plain(error.message), style="default"))
    if error.remedy:
        err.print(Text(plain(error.remedy)))
    sys.exit(1)
