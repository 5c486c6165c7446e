"""What every command has: the deployment it is about, and how it answers."""

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer import Option

from notification_system.cli.aws_deployment import CloudDeployment
from notification_system.cli.deployment import Choice, Deployment
from notification_system.cli.errors import of_answer, of_error
from notification_system.cli.local_deployment import LocalDeployment
from notification_system.durations import duration
from notification_system.signed_caller import Answer, SignedCaller, with_query

#: Items of one request to a listing: the API's most.
PAGE = 100

WHERE = "Where (default: the local stack of the checkout you are in)"

#: The options of every command, in any place of the line.
COMMON: Mapping[str, Any] = {
    "as_json": Annotated[
        bool, Option("--json", help="Print the API's JSON and nothing else.", show_default=False)
    ],
    "local": Annotated[
        Path | None,
        Option(
            "--local",
            metavar="PATH",
            envvar="NOTIFY_LOCAL",
            help="stack.json of a local stack.",
            rich_help_panel=WHERE,
        ),
    ],
    "stack": Annotated[
        str | None,
        Option("--stack", envvar="NOTIFY_STACK", help="A stack on AWS.", rich_help_panel=WHERE),
    ],
    "region": Annotated[str | None, Option("--region", help="Its region.", rich_help_panel=WHERE)],
    "profile": Annotated[
        str | None,
        Option("--profile", help="A profile of your AWS configuration.", rich_help_panel=WHERE),
    ],
    "api_url": Annotated[
        str | None,
        Option("--api-url", help="Its API, if not the output ApiUrl.", rich_help_panel=WHERE),
    ],
}


def deployment_of(choice: Choice) -> Deployment:
    """Return the deployment that is meant: the local stack, unless another is named.

    Raises:
        Trouble: there is no local stack.
    """
    if choice.stack or choice.api_url:
        return CloudDeployment(choice)
    return LocalDeployment(choice)


@dataclass
class Session:
    """One run of one command."""

    choice: Choice
    json: bool

    @cached_property
    def deployment(self) -> Deployment:
        """What the command is about. Raises Trouble."""
        return deployment_of(self.choice)

    @cached_property
    def _api(self) -> SignedCaller:
        return self.deployment.api()

    @cached_property
    def out(self) -> Console:
        """What a person reads."""
        return Console(highlight=False, markup=False, emoji=False)

    @cached_property
    def err(self) -> Console:
        """Questions and progress: they are no part of the answer."""
        return Console(stderr=True, highlight=False, markup=False, emoji=False)

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask the API. Raises Trouble where it refuses."""
        answer = self._api(method, path, body, headers)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise of_answer(answer)
        return answer

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API, and return the answer's body. Raises Trouble where it refuses."""
        return self.call(method, path, body).body

    def pages(self, path: str, limit: int, **query: Any) -> dict[str, Any]:
        """Return the first `limit` items of a listing as one page. Raises Trouble."""
        items: list[Any] = []
        after = None
        while len(items) < limit:
            size = min(limit - len(items), PAGE)
            page = self.ask("GET", with_query(path, **query, limit=size, next=after))
            items += page["items"]
            after = page["next"]
            if after is None:
                break
        return {"items": items, "next": after}

    def targets(self) -> list[dict[str, Any]]:
        """Return every target. Raises Trouble."""
        found: list[dict[str, Any]] = self.pages("/targets", 10_000)["items"]
        return found

    def target_names(self) -> dict[str, str]:
        """Return the name of each target by its id. Raises Trouble."""
        return {each["id"]: each["name"] for each in self.targets()}

    def print_json(self, value: Any) -> None:
        """Print a JSON value, in ASCII, for any terminal and any program."""
        print(json.dumps(value, indent=2))

    @cached_property
    def now(self) -> datetime:
        """The deployment's time."""
        return self.deployment.now()

    def ahead(self, text: str | None, option: str) -> str | None:
        """Read a time to come, such as 20m or 2027-01-31T08:00:00Z, as the API takes it."""
        return self._moment(text, option, 1)

    def ago(self, text: str | None, option: str) -> str | None:
        """Read a time gone by, such as 20m or 2027-01-31T08:00:00Z, as the API takes it."""
        return self._moment(text, option, -1)

    def _moment(self, text: str | None, option: str, sign: int) -> str | None:
        if text is None:
            return None
        try:
            if is_relative(text):
                return (self.now + sign * duration(text)).isoformat()
            at = datetime.fromisoformat(text)
        except (ValueError, OverflowError) as error:
            said = f"{text} is no time; write 20m, or 2027-01-31T08:00:00Z"
            raise typer.BadParameter(said, param_hint=option) from error
        if at.tzinfo is None:
            said = f"{text} has no offset; write {text}Z for UTC"
            raise typer.BadParameter(said, param_hint=option)
        return at.isoformat()

    def confirm(self, question: str) -> None:
        """Ask a person, and go on only after a yes."""
        self.err.print(f"{question} [y/N] ", end="")
        answer = sys.stdin.readline()
        if answer.strip().lower() in {"y", "yes"}:
            return
        self.err.print("" if answer else "\nNobody answered; --yes goes on without asking.")
        self.err.print("Nothing was done.")
        raise typer.Exit(1)


def is_relative(text: str) -> bool:
    """Whether a time is told from now, as 20m is."""
    return text[:1].isdigit() and "-" not in text


def command(app: typer.Typer, name: str, panel: str | None = None) -> Callable[..., Any]:
    """Make a function a command; its first parameter is the session, `COMMON` is added."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def run(context: typer.Context, **said: Any) -> None:
            chosen = dict(_chosen(context, said))
            as_json = chosen.pop("as_json")
            session = Session(Choice(**chosen), json=as_json)
            try:
                function(session, **said)
            except Exception as error:
                raise of_error(error, lambda: session.deployment.unreachable) or error from error

        _describe(run, list(inspect.signature(function, eval_str=True).parameters.values())[1:])
        run.__doc__ = function.__doc__
        app.command(name, rich_help_panel=panel)(run)
        return function

    return register


def common(app: typer.Typer, description: str) -> None:
    """Let the options of every command also stand before its name."""

    def run(context: typer.Context, **said: Any) -> None:
        context.obj = said

    _describe(run, [])
    run.__doc__ = description
    app.callback()(run)


def _chosen(context: typer.Context, said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    before = context.obj or {}
    for name in COMMON:
        yield name, said.pop(name) or before.get(name) or (False if name == "as_json" else None)


def _describe(run: Any, own: list[inspect.Parameter]) -> None:
    """Give a function the signature that Typer reads."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
    ]
    parameters += [each.replace(kind=kind) for each in own]
    for name, annotation in COMMON.items():
        default = False if name == "as_json" else None
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
