"""`notify console`: opens the web console."""

import webbrowser
from typing import Annotated

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.options import command
from notification_system.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "console", "Operating")(console)


def console(
    session: Session,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the address only.", show_default=False)
    ] = False,
) -> None:
    """Open the web console in a browser, and print its address and the local login."""
    url = session.deployment.outputs.get("ConsoleUrl")
    if not url:
        raise CliError(
            "The console is not deployed.",
            f"Set the template's parameter Console to true: {session.deployment.deploy}",
        )
    login = session.deployment.console_login
    if session.json:
        session.print_json({"url": url, **login})
        return
    session.out.print(Text(url), soft_wrap=True)
    if login:
        line = f"Sign in as {login['user']} with the password {login['password']}"
        session.out.print(Text(line), soft_wrap=True)
    if not print_only and not webbrowser.open(url):
        session.err.print("No browser was found. Open the address above.")
