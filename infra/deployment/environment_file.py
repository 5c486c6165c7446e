"""An environment, such as staging or production, from a file in the folder deploy."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from infra.deployment.errors import DeploymentRefused
from infra.deployment.template_parameters import (
    LOCAL_ONLY,
    OF_THE_BUILD,
    template_parameters,
)
from infra.local.layout import PROJECT
from notification_system.cli.checks.names import LONGEST_NAME, STACK_NAME, console_problem

#: The folder of the files.
FOLDER = PROJECT / "deploy"

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
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


def read_environment(name: str, folder: Path = FOLDER) -> Environment:
    """Return the environment of `<name>.toml`. Raises DeploymentRefused."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise DeploymentRefused(
            f"ENV is {name!r}, but must be a name such as staging, of lower-case letters, digits "
            "and hyphens."
        )
    path = folder / f"{name}.toml"
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        others = sorted(file.stem for file in folder.glob("*.toml"))
        raise DeploymentRefused(
            f"{path} does not exist. There is: {', '.join(others) or 'no environment'}. "
            "Copy deploy/staging.toml and change it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeploymentRefused(f"{path} is not TOML: {error}.") from None
    try:
        return _environment(fields)
    except DeploymentRefused as error:
        raise DeploymentRefused(f"{path}: {error}") from None


def _environment(fields: Mapping[str, Any]) -> Environment:
    for key in fields:
        if key in template_parameters():
            raise DeploymentRefused(f"{key} belongs under [parameters].")
        if key not in _KEYS:
            raise DeploymentRefused(_unknown(key, _KEYS))
    declared = template_parameters()
    environment = Environment(
        stack=_stack(
            _text(fields, "stack", STACK_NAME, "letters, digits and hyphens", needed=True)
        ),
        region=_text(fields, "region", _REGION, "a region such as eu-central-1", needed=True) or "",
        account=_text(fields, "account", _ACCOUNT, "twelve digits in quotation marks"),
        profile=_text(fields, "profile", re.compile(r".+"), "the name of a profile"),
        runtime=_choice(fields, "runtime", declared["PythonRuntime"].allowed),
        architecture=_choice(fields, "architecture", declared["Architecture"].allowed),
        parameters=_parameters(_table(fields, "parameters")),
        tags=_tags(_table(fields, "tags")),
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


def _text(
    fields: Mapping[str, Any],
    key: str,
    pattern: re.Pattern[str],
    expected: str,
    *,
    needed: bool = False,
) -> str | None:
    value = fields.get(key)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        problem = "is missing" if value is None else f"is {value!r}"
        raise DeploymentRefused(f"{key} {problem}. It must be {expected}.")
    return value


def _choice(fields: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str | None:
    value = fields.get(key)
    if value is not None and value not in allowed:
        raise DeploymentRefused(f"{key} is {value!r}. It must be one of {', '.join(allowed)}.")
    return value


def _stack(name: str | None) -> str:
    if name is None or len(name) > LONGEST_NAME:
        raise DeploymentRefused(
            f"stack has {len(name or '')} characters. It may have {LONGEST_NAME}, because "
            "the names of queues begin with it."
        )
    return name


def _table(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = fields.get(key, {})
    if not isinstance(table, Mapping):
        raise DeploymentRefused(f"{key} must be a table: [{key}].")
    return table


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
            raise DeploymentRefused(_unknown(name, [*declared], "is not a parameter"))
    parameters = {name: declared[name].text(value) for name, value in given.items()}
    if "EmailFrom" not in parameters:
        raise DeploymentRefused(
            "EmailFrom is missing under [parameters]. It is the sender of every e-mail, which SES "
            "must have verified."
        )
    return parameters


def _tags(given: Mapping[str, Any]) -> Mapping[str, str]:
    for name, value in given.items():
        if not isinstance(value, str) or not value:
            raise DeploymentRefused(f"The tag {name} must be a text.")
    return given


def _unknown(name: str, known: list[str] | tuple[str, ...], problem: str = "is unknown") -> str:
    near = get_close_matches(name, known, 1)
    return f"{name} {problem}." + (f" Did you mean {near[0]}?" if near else "")
