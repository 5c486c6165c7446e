"""`notify templates new`, `check` and `preview`, which need no deployment."""

import re
import sys
import webbrowser
from typing import Annotated

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import pluralize
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.templates import deployed
from notification_system.cli.templates.options import (
    ROOT,
    ConfigurationFile,
    Folder,
    Name,
    Names,
    open_workspace,
)
from notification_system.cli.templates.output import print_problems
from notification_system.cli.templates.starters import BLANK, complete_starters, copy_starter

#: The names that the API accepts.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)

NewName = Annotated[str, typer.Argument(help="The name: lower-case letters, digits, hyphens.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="STARTER",
        help="What to copy: blank, receipt, one-time-code or brand (a layout).",
        autocompletion=complete_starters,
    ),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")]
Port = Annotated[int, typer.Option(help="The port of the page; by default a free one.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Write, check, preview and publish templates.",
    )
    command(group, "new", "On this computer")(new)
    command(group, "check", "On this computer")(check)
    command(group, "preview", "On this computer")(preview)
    deployed.add_to(group)
    app.add_typer(group, name="templates", rich_help_panel="Templates")


def new(session: Session, name: NewName, starter: From = BLANK, folder: Folder = ROOT) -> None:
    """Create a template from a starter."""
    if not NAME.fullmatch(name):
        message = "must be 1 to 64 lower-case letters, digits and hyphens, such as order-shipped"
        raise typer.BadParameter(message, param_hint="NAME")
    created = copy_starter(folder, name, starter)
    if session.json:
        session.print_json({"created": [path.as_posix() for path in created]})
        return
    for path in created:
        session.out.print(Text(f"Created {path.as_posix()}/"))
    session.out.print("\nNext, look at it in a browser:")
    session.print_command(f"notify templates preview {name}")


def check(
    session: Session,
    names: Names = None,
    folder: Folder = ROOT,
    configuration: ConfigurationFile = None,
) -> None:
    """Check templates as a publication does, without a deployment.

    The exit code is 1 if a template has errors.
    """
    workspace = open_workspace(folder, configuration)
    chosen = names or workspace.names()
    if not chosen:
        raise CliError(
            f"There is no template in {folder.as_posix()}.",
            "To create one, run: notify templates new order-shipped --from receipt",
        )
    checked = [workspace.check(name) for name in chosen]
    problems = [problem for template in checked for problem in template.problems]
    errors = sum(not problem.warning for problem in problems)
    if session.json:
        session.print_json(
            {
                "templates": list(chosen),
                "problems": [problem.as_json() for problem in problems],
                "errors": errors,
                "warnings": len(problems) - errors,
            }
        )
    else:
        print_problems(session, problems)
        session.out.print(_verdict(len(chosen), errors, len(problems) - errors))
    if errors:
        raise typer.Exit(1)


def preview(
    session: Session,
    name: Name = "",
    no_open: NoOpen = False,
    port: Port = 0,
    folder: Folder = ROOT,
    configuration: ConfigurationFile = None,
) -> None:
    """Show every message of a template in a browser, and follow its files.

    The page is served to this computer only, until Ctrl+C.
    """
    # The server is not imported by the other commands.
    from notification_system.cli.templates.preview.serving import serving  # noqa: PLC0415

    workspace = open_workspace(folder, configuration)
    if name or not workspace.names():
        workspace.folder(name)
    with serving(workspace, port) as server:
        url = f"{server.url}#{name}"
        if session.json:
            session.print_json({"url": url})
        else:
            session.out.print(Text(f"Preview: {url}\nCtrl+C ends it."))
        sys.stdout.flush()  # a pipe would get the address at the end only
        if not no_open:
            webbrowser.open(url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            session.err.print()


def _verdict(templates: int, errors: int, warnings: int) -> Text:
    number = pluralize(templates, "template")
    if not errors and not warnings:
        return Text(f"{number} checked, no problems.", style="green")
    counts = f"{pluralize(errors, 'error')} and {pluralize(warnings, 'warning')}"
    return Text(f"{number} checked: {counts}.", style="red" if errors else "yellow")
