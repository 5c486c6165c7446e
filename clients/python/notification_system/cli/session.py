"""What all commands share: their deployment, their output and their common options."""

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer import Option

from notification_system._sync.client import Client
from notification_system.attempts import Reply
from notification_system.cli.aws_deployment import CloudDeployment
from notification_system.cli.deployment import Deployment, DeploymentOptions
from notification_system.cli.errors import from_api_error, from_exception
from notification_system.cli.local_deployment import LocalDeployment
from notification_system.durations import duration
from notification_system.errors import ApiError
from notification_system.requests import path_of

#: Items of one page of a listing: the API's maximum.
PAGE = 100

WHERE = "Deployment (default: the local stack of the checkout you are in)"

#: The options of every command, accepted before and after its name.
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
    "region": Annotated[
        str | None, Option("--region", help="The region of the stack.", rich_help_panel=WHERE)
    ],
    "profile": Annotated[
        str | None,
        Option("--profile", help="A profile of your AWS configuration.", rich_help_panel=WHERE),
    ],
    "api_url": Annotated[
        str | None,
        Option(
            "--api-url", help="The URL of the API, if not the output ApiUrl.", rich_help_panel=WHERE
        ),
    ],
}


def select_deployment(options: DeploymentOptions) -> Deployment:
    """Return the selected deployment: the local stack by default.

    Raises:
        CliError: there is no local stack.
    """
    if options.stack or options.api_url:
        return CloudDeployment(options)
    return LocalDeployment(options)


@dataclass
class Session:
    """One run of one command."""

    options: DeploymentOptions
    json: bool

    @cached_property
    def deployment(self) -> Deployment:
        """The deployment of the command. Raises CliError."""
        return select_deployment(self.options)

    @cached_property
    def client(self) -> Client:
        """The client of the deployment's API. Raises CliError."""
        return self.deployment.api()

    @cached_property
    def out(self) -> Console:
        """The console for output."""
        return Console(highlight=False, markup=False, emoji=False)

    @cached_property
    def err(self) -> Console:
        """The console for questions and progress, which are not part of the output."""
        return Console(stderr=True, highlight=False, markup=False, emoji=False)

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Call the API. Raises CliError if it returns an error."""
        try:
            return self.client.exchange(method, path, body, headers=headers)
        except ApiError as error:
            raise from_api_error(error) from error

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API and return the body. Raises CliError if the API returns an error."""
        return self.call(method, path, body).body

    def pages(self, path: str, limit: int, **query: Any) -> dict[str, Any]:
        """Return the first `limit` items of a listing as one page. Raises CliError."""
        items: list[Any] = []
        after = None
        while len(items) < limit:
            size = min(limit - len(items), PAGE)
            page = self.request("GET", path_of(path, **query, limit=size, next=after))
            items += page["items"]
            after = page["next"]
            if after is None:
                break
        return {"items": items, "next": after}

    def targets(self) -> list[dict[str, Any]]:
        """Return every target. Raises CliError."""
        targets: list[dict[str, Any]] = self.pages("/targets", 10_000)["items"]
        return targets

    def target_names(self) -> dict[str, str]:
        """Return the names of the targets by id. Raises CliError."""
        return {target["id"]: target["name"] for target in self.targets()}

    def print_json(self, value: Any) -> None:
        """Print a JSON value, in ASCII, because not every terminal shows other characters."""
        print(json.dumps(value, indent=2))

    @cached_property
    def now(self) -> datetime:
        """The current time of the deployment."""
        return self.deployment.now()

    def future_time(self, text: str | None, option: str) -> str | None:
        """Convert 20m (from now) or 2027-01-31T08:00:00Z to the API's format."""
        return self._moment(text, option, 1)

    def past_time(self, text: str | None, option: str) -> str | None:
        """Convert 20m (ago) or 2027-01-31T08:00:00Z to the API's format."""
        return self._moment(text, option, -1)

    def _moment(self, text: str | None, option: str, sign: int) -> str | None:
        if text is None:
            return None
        try:
            if is_relative(text):
                return (self.now + sign * duration(text)).isoformat()
            at = datetime.fromisoformat(text)
        except (ValueError, OverflowError) as error:
            message = f"{text} is not a time; write 20m, or 2027-01-31T08:00:00Z"
            raise typer.BadParameter(message, param_hint=option) from error
        if at.tzinfo is None:
            message = f"{text} has no offset; write {text}Z for UTC"
            raise typer.BadParameter(message, param_hint=option)
        return at.isoformat()

    def confirm(self, question: str) -> None:
        """Ask for confirmation. Raises typer.Exit unless the answer is yes."""
        self.err.print(f"{question} [y/N] ", end="")
        answer = sys.stdin.readline()
        if answer.strip().lower() in {"y", "yes"}:
            return
        self.err.print("" if answer else "\nNo answer. Pass --yes to skip the question.")
        self.err.print("Nothing was done.")
        raise typer.Exit(1)


def is_relative(text: str) -> bool:
    """Whether a time is relative to now, such as 20m."""
    return text[:1].isdigit() and "-" not in text


def command(app: typer.Typer, name: str, panel: str | None = None) -> Callable[..., Any]:
    """Register a function as a command: it gets a session, and the command the `COMMON` options."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def run(context: typer.Context, **arguments: Any) -> None:
            common = dict(_common_options(context, arguments))
            as_json = common.pop("as_json")
            session = Session(DeploymentOptions(**common), json=as_json)
            try:
                function(session, **arguments)
            except Exception as error:
                explained = from_exception(error, lambda: session.deployment.unreachable)
                raise explained or error from error

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        _set_signature(run, own)
        run.__doc__ = function.__doc__
        app.command(name, rich_help_panel=panel)(run)
        return function

    return register


def add_common_options(app: typer.Typer, description: str) -> None:
    """Accept the common options before the name of the command too."""

    def run(context: typer.Context, **options: Any) -> None:
        context.obj = options

    _set_signature(run, [])
    run.__doc__ = description
    app.callback()(run)


def _common_options(context: typer.Context, arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Take the common options out of a command's arguments; those before its name are defaults."""
    before = context.obj or {}
    for name in COMMON:
        default = False if name == "as_json" else None
        yield name, arguments.pop(name) or before.get(name) or default


def _set_signature(run: Any, own: list[inspect.Parameter]) -> None:
    """Set the signature from which Typer creates the options."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
    ]
    parameters += [parameter.replace(kind=kind) for parameter in own]
    for name, annotation in COMMON.items():
        default = False if name == "as_json" else None
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
