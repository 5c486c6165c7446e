r"""The front matter of an e-mail: lines of `key: value` between two lines of `---`.

A value is the rest of its line. A value that a line cannot hold, such as one with spaces at its
ends, is written as a JSON string: `subject: " two\nlines "`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

FENCE = "---"


class InvalidFrontMatter(Exception):
    """A line is not front matter.

    Args:
        message: what is wrong.
        line: the line of the file, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class FrontMatter:
    """The values at the top of a file, and the text below them."""

    values: Mapping[str, str]
    lines: Mapping[str, int]  #: the line of each key in the file, from 1
    body: str
    body_line: int  #: the first line of the body in the file, from 1


def split(text: str) -> FrontMatter:
    """Split a file's text into its front matter and its body.

    Raises:
        InvalidFrontMatter: a line has no `key: value`, a key is repeated, or the end is missing.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return FrontMatter({}, {}, text, 1)
    values: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == FENCE:
            return FrontMatter(values, places, "\n".join(lines[number:]), number + 1)
        key, value = _entry(line, number)
        if key in values:
            raise InvalidFrontMatter(f"`{key}` is given twice", number)
        if key:
            values[key], places[key] = value, number
    raise InvalidFrontMatter("the front matter has no end; add a line `---` after its last key", 1)


def join(values: Mapping[str, str], body: str) -> str:
    """Return the text of a file; the inverse of `split`."""
    if not values and body.split("\n", 1)[0].rstrip() != FENCE:
        return body
    entries = (f"{key}: {_written(value)}\n" for key, value in values.items())
    return f"{FENCE}\n{''.join(entries)}{FENCE}\n{body}"


def _entry(line: str, number: int) -> tuple[str, str]:
    """Return the key and value of a line; two empty texts for an empty line or a comment."""
    if not line.strip() or line.lstrip().startswith("#"):
        return "", ""
    key, colon, value = line.partition(":")
    if not colon or not key.strip():
        message = f"`{line.strip()}` is not front matter; write `key: value`, or end it with `---`"
        raise InvalidFrontMatter(message, number)
    return key.strip(), _read(value.strip())


def _read(value: str) -> str:
    if value.startswith('"'):
        try:
            text = json.loads(value)
        except ValueError:
            return value
        if isinstance(text, str):
            return text
    return value


def _written(value: str) -> str:
    # `splitlines` knows more line ends than "\n", which some editors would turn into lines.
    plain = len(value.splitlines()) == 1 and _read(value.strip()) == value
    return value if plain else json.dumps(value, ensure_ascii=False)
