"""The planned deployment: the values of `deploy/<name>.toml` that the checks need.

`make deploy ENV=<name>` reads the same file, and checks all of it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from notification_system.cli.deployment import DeploymentOptions
from notification_system.cli.errors import CliError

#: The folder of the files, below the checkout.
FOLDER = "deploy"

#: The domain of the addresses in the example, `deploy/staging.toml`.
EXAMPLE_DOMAIN = "example.com"

#: The parameters whose values decide what is checked, and their defaults.
DEFAULTS = {"EmailTransport": "ses", "Console": "false", "ConsoleDomainPrefix": ""}


@dataclass(frozen=True)
class EnvironmentFile:
    """The values of an environment's file. A value that the file leaves out is None."""

    stack: str
    region: str
    profile: str | None
    account: str | None
    runtime: str | None
    parameters: Mapping[str, Any]

    def options(self, options: DeploymentOptions) -> DeploymentOptions:
        """Return the options of a command, with the stack, region and profile of the file."""
        profile = self.profile or options.profile
        return replace(options, stack=self.stack, region=self.region, profile=profile)


@dataclass(frozen=True)
class Plan:
    """The deployment that the checks precede.

    Args:
        email_from: the sender of e-mails; None if it is not decided yet.
        runtime: the Lambda runtime, such as `python3.13`; None for any that the build can use.
        environment: the file of the environment, if there is one.
    """

    email_from: str | None = None
    runtime: str | None = None
    environment: EnvironmentFile | None = None

    @property
    def sender(self) -> str | None:
        """The sender: the one that was passed, or that of the file."""
        named = self.environment.parameters.get("EmailFrom") if self.environment else None
        return self.email_from or (None if named is None else str(named))

    @property
    def account(self) -> str | None:
        """The only account that may be deployed to; None for any."""
        return self.environment.account if self.environment else None

    @property
    def uses_ses(self) -> bool:
        """Whether e-mail is sent by SES, as far as is known."""
        return self._value("EmailTransport") in {None, "ses"}

    @property
    def has_console(self) -> bool | None:
        """Whether the sign-in pages of the console get the default domain; None if not known."""
        if self.environment is None:
            return None
        return self._value("Console") == "true" and not self._value("ConsoleDomainPrefix")

    def _value(self, name: str) -> str | None:
        if self.environment is None:
            return None
        value = self.environment.parameters.get(name, DEFAULTS[name])
        return str(value).lower() if isinstance(value, bool) else str(value)


def read_environment(name: str, start: Path) -> EnvironmentFile:
    """Return the environment of a name, from the checkout that contains a folder.

    Raises:
        CliError: there is no such file, or it lacks the stack or the region.
    """
    path = _find(name, start)
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CliError(f"{path} is not TOML: {error}.") from error
    texts = {key: _text(fields.get(key)) for key in ("profile", "account", "runtime")}
    stack, region = _text(fields.get("stack")), _text(fields.get("region"))
    parameters = fields.get("parameters", {})
    if stack is None or region is None or not isinstance(parameters, Mapping):
        raise CliError(f"{path} needs a stack, a region and a table [parameters].")
    return EnvironmentFile(stack=stack, region=region, parameters=parameters, **texts)


def is_example(address: str) -> bool:
    """Whether an address is at the domain of the example, or at a domain below it."""
    domain = address.rpartition("@")[2].lower()
    return f".{domain}".endswith(f".{EXAMPLE_DOMAIN}")


def _find(name: str, start: Path) -> Path:
    folders = [folder / FOLDER for folder in (start, *start.parents)]
    for folder in folders:
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    known = next((sorted(folder.glob("*.toml")) for folder in folders if folder.is_dir()), [])
    names = ", ".join(path.stem for path in known) or "none here"
    raise CliError(
        f"There is no environment {name}. There is: {names}.",
        f"Run the command in the checkout, or write {FOLDER}/{name}.toml",
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
