"""The questions of a first deployment, whose answers become the file of an environment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.deploy.environment import Environment, read_environment

#: The parameters that are asked for. All others have their defaults, and can be added to the file.
ASKED = (
    "EmailFrom",
    "EmailFromName",
    "EmailTransport",
    "AlarmEmail",
    "CredentialsIn",
    "PublicUrl",
    "Console",
    "DeletionProtection",
)


def ask_for_environment(
    folder: Path, template: Mapping[str, Any], ask: Callable[[str], str]
) -> Environment:
    """Ask for an environment, write its file, and return it.

    Args:
        folder: the folder `deploy`.
        template: the template with functions in their long forms.
        ask: asks a question and returns the answer; an empty answer takes the default.

    Raises:
        InvalidEnvironment: an answer is wrong. The file is written all the same, to be corrected.
    """
    name = ask("Name of the environment [production]: ").strip() or "production"
    stack = ask(f"Name of the stack [notifications-{name}]: ").strip() or f"notifications-{name}"
    region = ask("Region [us-east-1]: ").strip() or "us-east-1"
    lines = [f"stack = {_quoted(stack)}", f"region = {_quoted(region)}", "", "[parameters]"]
    for parameter in ASKED:
        declaration = template["Parameters"][parameter]
        default = str(declaration["Default"])
        choices = " or ".join(map(str, declaration.get("AllowedValues", ())))
        hint = choices or str(declaration.get("Description", ""))
        answer = ask(f"{parameter} ({hint}) [{default}]: ").strip()
        if answer and answer != default:
            lines.append(f"{parameter} = {_quoted(answer)}")
    path = folder / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_environment(path, template)


def _quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
