"""What the code of a command uses: its deployment, its output, and the times of its user."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from notification_system._sync.client import Client
from notification_system.attempts import Reply
from notification_system.cli import formatting
from notification_system.cli.aws_deployment import CloudDeployment
from notification_system.cli.deployment import Deployment, DeploymentOptions
from notification_system.cli.errors import CliError, from_api_error
from notification_system.cli.formatting import plain, read_time, wrap_command
from notification_system.cli.local_deployment import LocalDeployment
from notification_system.cli.times import InvalidTimeError, Zone
from notification_system.errors import ApiError
from notification_system.requests import path_of

#: Items of one page of a listing: the API's maximum.
PAGE = 100


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
    zone: Zone

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

    @cached_property
    def _targets(self) -> list[dict[str, Any]]:
        targets: list[dict[str, Any]] = self.pages("/targets", 10_000)["items"]
        return targets

    def targets(self) -> list[dict[str, Any]]:
        """Return every target; they are read once. Raises CliError."""
        return self._targets

    def target_names(self) -> dict[str, str]:
        """Return the names of the targets by id. Raises CliError."""
        return {target["id"]: target["name"] for target in self.targets()}

    def target(self, name: str) -> dict[str, Any]:
        """Return the target with this name, in any case, or this id. Raises CliError."""
        targets = self.targets()
        matches = [target for target in targets if name in (target["id"], target["name"])]
        matches = matches or [
            target for target in targets if target["name"].lower() == name.lower()
        ]
        if len(matches) == 1:
            return matches[0]
        names = ", ".join(plain(target["name"]) for target in targets)
        raise CliError(f"There is no target {plain(name)}.", f"The targets are: {names}")

    def target_name(self, name: str) -> str:
        """Return the name of a target as the API writes it. Raises CliError."""
        return str(self.target(name)["name"])

    def check_user(self, user: str) -> None:
        """Raise CliError if nothing is stored about a user."""
        stored = self.request("GET", path_of("/users/{}/export", user, limit=1))
        if not any(
            stored.get(part) for part in ("records", "opt_out", "settings", "notifications", "next")
        ):
            raise unknown_user(self, user)

    def print_json(self, value: Any) -> None:
        """Print a JSON value, in ASCII, because not every terminal shows other characters."""
        print(json.dumps(value, indent=2))

    def print_command(self, command: str, indent: int = 2) -> None:
        """Print a command so that it can be copied from the terminal."""
        for line in wrap_command(plain(command), self.out.width - indent - 2):
            self.out.print(Text(f"{' ' * indent}{line}"), soft_wrap=True)

    @cached_property
    def now(self) -> datetime:
        """The current time of the deployment."""
        return self.deployment.now()

    def future_time(self, text: str | None, option: str) -> datetime | None:
        """Return the time that a text means; a time of day is the next one."""
        return self._time(text, option, past=False)

    def past_time(self, text: str | None, option: str) -> datetime | None:
        """Return the time that a text means; a time of day is the latest one."""
        return self._time(text, option, past=True)

    def _time(self, text: str | None, option: str, *, past: bool) -> datetime | None:
        if text is None:
            return None
        try:
            return self.zone.parse(text, self.now, past=past)
        except InvalidTimeError as error:
            raise typer.BadParameter(str(error), param_hint=option) from error

    def short_time(self, value: str | None) -> str:
        """Return a time of the API, without the date if it is today."""
        return formatting.short_time(value, self.now, self.zone)

    def long_time(self, value: str | None) -> str:
        """Return a time of the API with its date and zone, and its distance from now."""
        return formatting.long_time(value, self.now, self.zone)

    def heading(self, text: str, values: Iterable[str | None]) -> str:
        """Return the heading of a column of the API's times, with the zone."""
        return self.zone.heading(text, map(read_time, filter(None, values)), self.now)

    def confirm(self, question: str) -> None:
        """Ask for confirmation. Raises typer.Exit unless the answer is yes."""
        self.err.print(f"{question} [y/N] ", end="")
        answer = sys.stdin.readline()
        if answer.strip().lower() in {"y", "yes"}:
            return
        self.err.print("" if answer else "\nNo answer. Pass --yes to skip the question.")
        self.err.print("Nothing was done.")
        raise typer.Exit(1)


def unknown_user(session: Session, user: str) -> CliError:
    """Return the error for a user about whom nothing is stored."""
    return CliError(
        f"No user '{plain(user)}' is known: no address, notification or opt-out is stored.",
        f"To search for an address or a reference, run: {session.deployment.notify('find', user)}",
    )
