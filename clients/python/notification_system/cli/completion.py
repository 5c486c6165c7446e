"""`notify completion`: completion of commands and options in a shell."""

from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined] # re-exported

from notification_system.cli.options import command
from notification_system.cli.session import Session


class Shell(StrEnum):
    """The shells with completion."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "completion", "Operating")(completion)


def completion(
    _session: Session, shell: Annotated[Shell, typer.Argument(help="The shell.")]
) -> None:
    """Print the completion script of a shell: eval "$(notify completion bash)"."""
    script = get_completion_script(
        prog_name="notify", complete_var="_NOTIFY_COMPLETE", shell=shell.value
    )
    print(script)
