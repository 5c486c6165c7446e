"""`notify records`: the addresses of a user."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text
from typer.core import TyperGroup

from notification_system.cli.formatting import plain, short_time, table
from notification_system.cli.session import Session, command

#: More addresses than a person has.
ALL = 10_000

Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id.")]


class OrList(TyperGroup):
    """A group that takes what is no command of it for the user of `list`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is meant."""
        known = args and (args[0] in self.commands or args[0].startswith("-"))
        return super().resolve_command(ctx, args if known else ["list", *args])


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(cls=OrList, no_args_is_help=True)
    commands = (("list", list_), ("add", add), ("on", on), ("off", off), ("remove", remove))
    for name, function in commands:
        command(group, name)(function)
    text = "A user's addresses: notify records USER lists them."
    app.add_typer(group, name="records", help=text, rich_help_panel="People")


def list_(session: Session, user: Annotated[str, typer.Argument(help="Whose addresses.")]) -> None:
    """List a user's addresses, oldest first."""
    page = session.pages("/target-user-records", ALL, user=user)
    if session.json:
        session.print_json(page)
    elif page["items"]:
        session.out.print(_rows(session, page["items"]))
    else:
        session.out.print("There are none.")


def add(
    session: Session,
    user: Annotated[str, typer.Argument(help="Whose address it is.")],
    target: Annotated[str, typer.Argument(help="A target's name or id.")],
    address: Annotated[str, typer.Argument(help="What the target delivers to.")],
    description: Annotated[str, typer.Option(help="A note of yours.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Switched off to begin with.")] = False,
) -> None:
    """Register an address."""
    request = {
        "user": user,
        "target": target,
        "target_user_id": address,
        "description": description,
        "active": not off,
    }
    _answer(session, session.ask("POST", "/target-user-records", request))


def on(session: Session, record: Id) -> None:
    """Switch an address on; its strikes are forgotten."""
    _answer(session, session.ask("PATCH", _path(record), {"active": True}))


def off(session: Session, record: Id) -> None:
    """Switch an address off; nothing goes to it."""
    _answer(session, session.ask("PATCH", _path(record), {"active": False}))


def remove(session: Session, record: Id) -> None:
    """Remove an address; what waits for it ends as INACTIVE DEVICE."""
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


def _rows(session: Session, records: list[dict[str, Any]]) -> Any:
    names = session.target_names()
    rows = table("TARGET", "STATE", "ADDRESS", fold=["ADDRESS"])
    for each in records:
        what = Text(plain(each["target_user_id"])).append(f"\n{each['id']}", style="dim")
        for note in _notes(session, each):
            what.append(f"\n{plain(note)}", style="dim")
        state = Text("on", style="green") if each["active"] else Text("off", style="red")
        rows.add_row(Text(plain(names.get(each["target"], "-"))), state, what)
    return rows


def _notes(session: Session, record: dict[str, Any]) -> list[str]:
    notes = [record["description"]] if record["description"] else []
    if why := record["deactivation"]:
        at = short_time(why["at"], session.now)
        notes.append(f"off since {at}: {why['reason']} ({why['code']})")
    if record["strikes"]:
        notes.append(f"failed softly {record['strikes']} times in a row")
    return notes
