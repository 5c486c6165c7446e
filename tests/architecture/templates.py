"""The deployment's templates as plain data.

Reads as much of YAML as they are written in: block and one-line collections, quotes, comments,
CloudFormation's tags. A tag before a scalar stays in its text (`!Ref Queue`), one before a
collection goes.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

_KEY = re.compile(r"""('[^']*'|"[^"]*"|[\w./$*-][^\s'"{}\[\],]*?)\s*:(?:\s+(.*))?$""")
_COMMENT = re.compile(r"""^((?:[^'"#]|'[^']*'|"[^"]*"|(?<=\S)#|['"])*?)(?:(?:^|(?<=\s))#.*)?$""")
_TAG = re.compile(r"!\w+(?:::\w+)*\s*")


@cache
def read(path: str) -> dict[str, Any]:
    """Read a template of the repository."""
    found: dict[str, Any] = parse((ROOT / path).read_text())
    return found


def parse(text: str) -> Any:
    """Turn a document into dicts, lists and strings."""
    bare = [re.sub(_COMMENT, r"\1", line).rstrip() for line in text.splitlines()]
    blocks = _Blocks([(len(line) - len(line.lstrip()), line.lstrip()) for line in bare if line])
    found = blocks.node()
    if blocks.indent >= 0:
        raise ValueError(f"not read: {blocks.text!r} and what follows")
    return found


class _Blocks:
    """Lines by their indentation, read from the first to the last."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self.lines = lines
        self.at = 0

    @property
    def indent(self) -> int:
        return self.lines[self.at][0] if self.at < len(self.lines) else -1

    @property
    def text(self) -> str:
        return self.lines[self.at][1]

    def node(self) -> Any:
        """Read whatever begins on this line."""
        if self.text.startswith("- "):
            return self.sequence()
        if _KEY.match(self.text):
            return self.mapping()
        indent, rest = self.lines[self.at]
        self.at += 1
        return self.value(rest, indent - 1)

    def sequence(self) -> list[Any]:
        indent, items = self.indent, []
        while self.indent == indent and self.text.startswith("- "):
            rest = self.text[2:]
            inner = rest.lstrip()
            self.lines[self.at] = (indent + 2 + len(rest) - len(inner), inner)
            items.append(self.node())
        return items

    def mapping(self) -> dict[str, Any]:
        indent, entries = self.indent, dict[str, Any]()
        while self.indent == indent and (found := _KEY.match(self.text)):
            self.at += 1
            entries[found[1].strip("'\"")] = self.value(found[2] or "", indent)
        return entries

    def value(self, rest: str, indent: int) -> Any:
        """Read what stands after a key; nothing but a tag means that it follows below."""
        if re.sub(_TAG, "", rest, count=1) == "":
            return self.node() if self.indent > indent else None
        value, left = _flow(rest)
        if left.strip():
            raise ValueError(f"not read: {left!r} of {rest!r}")
        return value


def _flow(text: str, ends: str = "") -> tuple[Any, str]:
    """Read one value; returns it, and what stands behind it."""
    tag = _TAG.match(text)
    behind = text[tag.end() :] if tag else text
    if behind[:1] in {"{", "["}:
        return _collection(behind)
    if behind[:1] in {"'", '"'}:
        end = behind.index(behind[0], 1)
        return behind[1:end], behind[end + 1 :]
    end = next((n for n, letter in enumerate(text) if letter in ends), len(text))
    return text[:end].strip(), text[end:]


def _collection(text: str) -> tuple[Any, str]:
    """Read `{key: value, ...}` or `[value, ...]`."""
    closing = {"{": "}", "[": "]"}[text[0]]
    items: list[Any] = []
    pairs: dict[str, Any] = {}
    rest = text[1:].lstrip()
    while not rest.startswith(closing):
        if closing == "}":
            key, _, rest = rest.partition(": ")
            pairs[key.strip("'\" ")], rest = _flow(rest.lstrip(), ",}")
        else:
            item, rest = _flow(rest, ",]")
            items.append(item)
        rest = rest.lstrip().removeprefix(",").lstrip()
    return (pairs if closing == "}" else items), rest[1:]


def resources(kind: str, path: str = "template.yaml") -> dict[str, dict[str, Any]]:
    """Every resource of a type: its logical id and its properties."""
    return {
        name: resource.get("Properties") or {}
        for name, resource in read(path)["Resources"].items()
        if resource["Type"] == kind
    }
