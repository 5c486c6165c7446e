"""`notify records`: the addresses of a user."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text
from typer.core import TyperGroup

from notification_system.cli.formatting import plain
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import Rows, table

#: A limit above the number of addresses of any user.
ALL = 10_000

Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id.")]


class DefaultToList(TyperGroup):
    """A command group that runs `list` if its first argument is not one of its commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the named command, or `list`."""
        named = args and (args[0] in self.commands or args[0].startswith("-"))
        return super().resolve_command(ctx, args if named else ["list", *args])


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(cls=DefaultToList, no_args_is_help=True)
    commands = (("list", list_), ("add", add), ("on", on), ("off", off), ("remove", remove))
    for name, function in commands:
        command(group, name)(function)
    text = "A user's addresses: notify records USER lists them."
    app.add_typer(group, name="records", help=text, rich_help_panel="People")


def list_(session: Session, user: Annotated[str, typer.Argument(help="The user.")]) -> None:
    """List a user's addresses, oldest first."""
    page = session.pages("/target-user-records", ALL, user=user)
    if session.json:
        session.print_json(page)
    elif page["items"]:
        session.out.print(_rows(session, page["items"]))
    else:
        session.check_user(user)
        session.out.print("This user has no addresses.")


def add(
    session: Session,
    user: Annotated[str, typer.Argument(help="The user.")],
    target: Annotated[str, typer.Argument(help="A target's name or id.")],
    address: Annotated[str, typer.Argument(help="The address that the target delivers to.")],
    description: Annotated[str, typer.Option(help="A note about the address.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Add the address switched off.")] = False,
) -> None:
    """Add an address."""
    request = {
        "user": user,
        "target": session.target_name(target),
        "target_user_id": address,
        "description": description,
        "active": not off,
    }
    _answer(session, session.request("POST", "/target-user-records", request))


def on(session: Session, record: Id) -> None:
    """Switch an address on, and reset its strikes."""
    _answer(session, session.request("PATCH", _path(record), {"active": True}))


def off(session: Session, record: Id) -> None:
    """Switch an address off; nothing is sent to it."""
    _answer(session, session.request("PATCH", _path(record), {"active": False}))


def remove(session: Session, record: Id) -> None:
    """Remove an address; its waiting notifications end as INACTIVE DEVICE."""
    session.call("DELETE", _path(record))
    if session.json:
        session.print_json(None)
    else:
        session.out.print(f"Removed {plain(record)}.")


def _path(record: str) -> str:
    return f"/target-user-records/{quote(record, safe='')}"


def _answer(session: Session, record: dict[str, Any]) -> None:
    if session.json:
        session.print_json(record)
    else:
        session.out.print(_rows(session, [record]))


def _rows(session: Session, records: list[dict[str, Any]]) -> Rows:
    names = session.target_names()
    rows = table("TARGET", "STATE", "ADDRESS", fold=["ADDRESS"])
    for record in records:
        address = Text(plain(record["target_user_id"])).append(f"\n{record['id']}", style="dim")
        for note in _notes(session, record):
            address.append(f"\n{plain(note)}", style="dim")
        state = Text("on", style="green") if record["active"] else Text("off", style="red")
        rows.add_row(Text(plain(names.get(record["target"], "-"))), state, address)
    return rows


def _notes(session: Session, record: dict[str, Any]) -> list[str]:
    notes = [record["description"]] if record["description"] else []
    if deactivation := record["deactivation"]:
        at = session.short_time(deactivation["at"])
        notes.append(f"off since {at}: {deactivation['reason']} ({deactivation['code']})")
    if record["strikes"]:
        notes.append(f"{record['strikes']} temporary failures in a row")
    return notes
