"""An environment, such as staging or production, from a file in the folder deploy."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.deployment.environment_fields import (
    choice_of,
    known_region,
    table_of,
    text_of,
    unknown,
    valid_tags,
)
from infra.deployment.errors import DeploymentRefused
from infra.deployment.template_parameters import (
    LOCAL_ONLY,
    OF_THE_BUILD,
    template_parameters,
)
from infra.local.layout import PROJECT
from notification_system.cli.checks.environment import is_example
from notification_system.cli.checks.names import LONGEST_NAME, STACK_NAME, console_problem

#: The folder of the files.
FOLDER = PROJECT / "deploy"

#: Parameters with an address, and what to do if it is the one of the example.
EXAMPLES = {
    "EmailFrom": "Set your own sender.",
    "AlarmEmail": "Set your own address, or leave it out.",
    "PublicUrl": "Set your own domain, or leave it out.",
}

_ANY = re.compile(r".+")
_ACCOUNT = re.compile(r"\d{12}")
_KEYS = ("stack", "region", "account", "profile", "runtime", "architecture", "parameters", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is deployed where."""

    stack: str
    region: str
    account: str | None = None  #: the only account that may be deployed to
    profile: str | None = None  #: of the AWS configuration
    runtime: str | None = None
    architecture: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    file: str = "the file"  #: its path, for messages


def read_environment(name: str, folder: Path = FOLDER) -> Environment:
    """Return the environment of `<name>.toml`. Raises DeploymentRefused."""
    if not name:
        raise DeploymentRefused(f"ENV is empty. {existing_environments(folder)}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise DeploymentRefused(
            f"ENV is {name!r}, but must be a name such as staging, of lower-case letters, digits "
            "and hyphens."
        )
    path = folder / f"{name}.toml"
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeploymentRefused(
            f"{path} does not exist. {existing_environments(folder)} "
            "Copy deploy/staging.toml and change it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeploymentRefused(f"{path} is not TOML: {error}.") from None
    file = str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)
    try:
        return _environment(fields, file)
    except DeploymentRefused as error:
        raise DeploymentRefused(f"{file}: {error}") from None


def existing_environments(folder: Path = FOLDER) -> str:
    """Return a sentence that names the environments which have a file."""
    names = sorted(file.stem for file in folder.glob("*.toml"))
    return f"There is: {', '.join(names) or 'no environment'}."


def _environment(fields: Mapping[str, Any], file: str) -> Environment:
    for key in fields:
        if key in template_parameters():
            raise DeploymentRefused(f"{key} belongs under [parameters].")
        if key not in _KEYS:
            raise DeploymentRefused(unknown(key, _KEYS))
    declared = template_parameters()
    name = "letters, digits and hyphens, and begin with a letter"
    environment = Environment(
        stack=_stack(text_of(fields, "stack", STACK_NAME, name, needed=True)),
        region=known_region(
            text_of(fields, "region", _ANY, "a region such as eu-central-1", needed=True)
        ),
        account=text_of(fields, "account", _ACCOUNT, "twelve digits in quotation marks"),
        profile=text_of(fields, "profile", _ANY, "the name of a profile"),
        runtime=choice_of(fields, "runtime", declared["PythonRuntime"].allowed),
        architecture=choice_of(fields, "architecture", declared["Architecture"].allowed),
        parameters=_parameters(table_of(fields, "parameters")),
        tags=valid_tags(table_of(fields, "tags")),
        file=file,
    )
    _check_sign_in_host(environment)
    return environment


def _check_sign_in_host(environment: Environment) -> None:
    """Check the host of the console's sign-in pages (Amazon Cognito, "Domain prefix")."""
    parameters, stack = environment.parameters, environment.stack
    if parameters.get("Console") != "true" or parameters.get("ConsoleDomainPrefix"):
        return
    if (problem := console_problem(stack)) is not None:
        raise DeploymentRefused(
            "ConsoleDomainPrefix is missing under [parameters]. Without it the host of the sign-in "
            f"pages is {stack}-<account>, which Cognito refuses, because {stack} {problem}."
        )


def _stack(name: str | None) -> str:
    if name is None or len(name) > LONGEST_NAME:
        raise DeploymentRefused(
            f"stack has {len(name or '')} characters. It may have {LONGEST_NAME}, because "
            "the names of queues begin with it."
        )
    return name


def _parameters(given: Mapping[str, Any]) -> Mapping[str, str]:
    """Check the parameters. The sender has to be chosen, because its default cannot be verified."""
    declared = template_parameters()
    for name in given:
        if name in OF_THE_BUILD:
            key = {"PythonRuntime": "runtime", "Architecture": "architecture"}[name]
            raise DeploymentRefused(f"{name} is set by {key} above [parameters].")
        if name in LOCAL_ONLY:
            raise DeploymentRefused(f"{name} is for the local stack only. Leave it out.")
        if name not in declared:
            raise DeploymentRefused(unknown(name, [*declared], "is not a parameter"))
    parameters = {name: declared[name].text(value) for name, value in given.items()}
    if "EmailFrom" not in parameters:
        verified = (
            "" if parameters.get("EmailTransport") == "smtp" else ", which SES must have verified"
        )
        raise DeploymentRefused(
            f"EmailFrom is missing under [parameters]. It is the sender of every e-mail{verified}."
        )
    for name, advice in EXAMPLES.items():
        if is_example(_without_path(parameters.get(name, ""))):
            raise DeploymentRefused(f"{name} is still the example's. {advice}")
    return parameters


def _without_path(value: str) -> str:
    """Return an address as it is, and a URL without its scheme, port and path."""
    host = urlsplit(value).hostname if "://" in value else None
    return host or value
