"""Options that take a JSON object, from the command line or from a file."""

import json
from pathlib import Path
from typing import Any

import typer


def json_option(text: str | None, option: str, example: str) -> dict[str, Any] | None:
    """Return the object in an option's value or, for `@FILE`, in a file. Raises BadParameter."""
    if text is not None and text.startswith("@"):
        text = read_file(Path(text[1:]), option)
    return json_object(text, option, example)


def json_object(text: str | None, option: str, example: str) -> dict[str, Any] | None:
    """Return the object in a text, or None if there is no text. Raises BadParameter."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f"must be an object, such as {example}", param_hint=option)
    return value


def read_file(path: Path, option: str) -> str:
    """Return the text of a file. Raises BadParameter."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot be read: {error}", param_hint=option) from error
