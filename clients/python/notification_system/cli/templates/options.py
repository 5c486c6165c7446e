"""The options that several commands of `notify templates` share."""

from pathlib import Path
from typing import Annotated

import typer

from notification_system.cli.templates import files
from notification_system.cli.templates.workspace import Configuration, Workspace

#: The folder of templates, relative to the current one.
ROOT = Path("templates")

#: The configuration of a checkout of the system, relative to its root.
CHECKOUT = Path("functions/targets/configuration.json")


def complete_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the templates of the folder that begin so."""
    root = context.params.get("folder") or ROOT
    return [name for name in files.names(Path(root)) if name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(help="The template.", autocompletion=complete_names)]
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Some templates; by default all.", autocompletion=complete_names),
]
Folder = Annotated[
    Path,
    typer.Option(
        "--folder", metavar="PATH", envvar="NOTIFY_TEMPLATES", help="The folder of the templates."
    ),
]
ConfigurationFile = Annotated[
    Path | None,
    typer.Option(
        "--configuration",
        metavar="FILE",
        envvar="NOTIFY_CONFIGURATION",
        help="The deployment's configuration.json, for mandatory categories and the brand.",
    ),
]
Note = Annotated[str | None, typer.Option(help="A note about the change, for the history.")]
Version = Annotated[int | None, typer.Option("--version", min=1, help="Another version.")]


def open_workspace(folder: Path, configuration: Path | None) -> Workspace:
    """Return the folder of templates. Raises CliError.

    In a checkout of the system, its own configuration is the default.
    """
    if configuration is None and CHECKOUT.is_file():
        configuration = CHECKOUT
    return Workspace(folder, Configuration.of(configuration))
