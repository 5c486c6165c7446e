"""An environment: the file `deploy/<name>.toml`, and the checks of what it says."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.layout import StackError

#: Parameters of the template that only the local stack sets.
LOCAL_ONLY = frozenset({"AwsEndpointUrl", "ExpoUrl", "SesUrl", "Size", "TwilioUrl"})

#: Parameters that are keys of the file and not of its table `parameters`.
BY_KEY = {"runtime": "PythonRuntime", "architecture": "Architecture"}

KEYS = frozenset({"stack", "region", "profile", *BY_KEY, "parameters", "tags"})

#: The longest name of a stack: SQS allows 80 characters for `<stack>-mail-events-dead-letters`.
LONGEST_STACK = 80 - len("-mail-events-dead-letters")

_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class InvalidEnvironment(StackError):
    """The file of an environment is missing or wrong; the message lists every problem."""


@dataclass(frozen=True)
class Environment:
    """What is deployed where.

    Args:
        name: the name of the file, without its suffix.
        stack: the stack's name.
        region: the region of AWS.
        profile: a profile of the AWS configuration; None for the ordinary credentials.
        runtime: the runtime of the functions; None for the newest that this machine can build.
        architecture: the architecture of the functions.
        parameters: values of the template's parameters. The stack keeps the others.
        tags: tags of the stack.
    """

    name: str
    stack: str
    region: str
    profile: str | None = None
    runtime: str | None = None
    architecture: str = "arm64"
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def read_environment(path: Path, template: Mapping[str, Any]) -> Environment:
    """Read the file of an environment.

    Args:
        path: `deploy/<name>.toml`.
        template: the template with functions in their long forms.

    Raises:
        InvalidEnvironment: the file does not exist, or is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.toml"))) or "none yet"
        raise InvalidEnvironment(
            f"There is no file {path}. Copy deploy/staging.toml, or run: make deploy\n"
            f"Environments: {known}"
        ) from None
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidEnvironment(f"{path} is not valid TOML: {error}") from error
    parameters = {name: _text(value) for name, value in fields.get("parameters", {}).items()}
    if problems := list(_problems(fields, parameters, template)):
        raise InvalidEnvironment("\n".join([f"{path}:", *(f"  {each}" for each in problems)]))
    return Environment(
        name=path.stem,
        parameters=parameters,
        tags={name: _text(value) for name, value in fields.get("tags", {}).items()},
        **{key: fields[key] for key in KEYS - {"parameters", "tags"} if key in fields},
    )


def _text(value: Any) -> str:
    """Return a value as CloudFormation takes it: `true`, a number, or a list with commas."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _problems(
    fields: Mapping[str, Any], parameters: Mapping[str, str], template: Mapping[str, Any]
) -> Iterator[str]:
    declared = template["Parameters"]
    for key in sorted(fields.keys() - KEYS):
        hint = f"; parameters belong below [parameters]: {key}" if key in declared else ""
        yield f"{key}: unknown key{hint}"
    for key in ("stack", "region"):
        if not fields.get(key):
            yield f"{key}: missing"
    yield from _stack_problems(str(fields.get("stack") or "x"))
    for key, name in BY_KEY.items():
        if key in fields:
            yield from _value_problems(key, str(fields[key]), declared[name])
    yield from _parameter_problems(parameters, declared)


def _parameter_problems(
    parameters: Mapping[str, str], declared: Mapping[str, Any]
) -> Iterator[str]:
    keys = {name: key for key, name in BY_KEY.items()}
    for name, value in parameters.items():
        if name in LOCAL_ONLY:
            yield f"{name}: is for the local stack only"
        elif name in keys:
            yield f"{name}: is the key {keys[name]} above [parameters]"
        elif name not in declared:
            yield f"{name}: the template has no such parameter"
        else:
            yield from _value_problems(name, value, declared[name])


def _stack_problems(stack: str) -> Iterator[str]:
    if not _STACK.fullmatch(stack):
        yield "stack: letters, digits and hyphens, beginning with a letter"
    if len(stack) > LONGEST_STACK:
        yield (
            f"stack: at most {LONGEST_STACK} characters, because the name of a queue "
            f"contains it; this has {len(stack)}"
        )


def _value_problems(name: str, value: str, declaration: Mapping[str, Any]) -> Iterator[str]:
    """Yield what CloudFormation would refuse, before anything is built."""
    allowed = [str(each) for each in declaration.get("AllowedValues", ())]
    pattern, longest = declaration.get("AllowedPattern"), declaration.get("MaxLength")
    if allowed and value not in allowed:
        yield f"{name}: {value!r} is not one of {', '.join(allowed)}"
    elif pattern and not re.fullmatch(pattern, value):
        yield f"{name}: {value!r} does not have the form {pattern}"
    elif longest and len(value) > int(longest):
        yield f"{name}: at most {longest} characters"
    elif declaration["Type"] == "Number" and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        yield f"{name}: {value!r} is not a number"
