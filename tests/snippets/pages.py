"""Reads the examples of the documentation: the fenced blocks of a page, and the marks beside them.

A mark is an HTML comment, which readers of the page do not see:

- `<!-- snippet: not run: REASON -->` above a block that cannot be run;
- `<!-- snippet: background URL -->` above a shell block that starts a server: the next block runs
  when the URL responds;
- `<!-- snippet: delivered ADDRESS: TEXT -->`: when all blocks of the page have run, exactly one
  message with this text has arrived at this address; `not delivered`: none.

The first line of a Python or JavaScript block can be a comment with the path of a file, which the
block is written to; `(append)` adds the block to a file that exists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The pages whose blocks are run. README.md's example is run by tests/system/test_readme.py.
PAGES = (
    "docs/tutorial.md",
    "docs/python.md",
    "docs/integrations/flask.md",
    "docs/integrations/fastapi.md",
    "docs/integrations/javascript.md",
    "docs/cookbook.md",
    "clients/python/README.md",
)

#: The pages that `make django` runs with two versions of Django.
DJANGO_PAGES = ("docs/integrations/django.md", "docs/migrating-from-django.md")

FENCE = re.compile(r"^(\s*)(`{3,})(\S*)(.*)$")
MARK = re.compile(r"^\s*<!-- snippet: (.+?) -->\s*$")
FILE = re.compile(r"^(?:#|//) ([\w./-]+\.(?:py|js|mjs))( \(append\))?$")
DELIVERED = re.compile(r"^(not )?delivered ([^\s:]+): (.+)$")

#: The languages of blocks that are run. A block in another language needs a mark.
LANGUAGES = frozenset({"python", "js", "sh"})


class InvalidPage(Exception):
    """A page has a block or a mark that cannot be understood."""


@dataclass(frozen=True)
class Block:
    """A fenced block of code, and its line in the page."""

    line: int
    language: str
    text: str
    reason: str = ""  #: why it is not run; empty if it is
    ready_url: str = ""  #: the URL of the server that it starts

    @property
    def file(self) -> str:
        """The path of the file that the block is written to; empty if there is none."""
        named = FILE.match(self.text.partition("\n")[0]) if self.language != "sh" else None
        return named[1] if named else ""

    @property
    def appends(self) -> bool:
        """Whether the block is added to a file that exists."""
        return bool(self.file) and self.text.partition("\n")[0].endswith("(append)")


@dataclass(frozen=True)
class Delivery:
    """The expectation that exactly one message, or none, arrives."""

    line: int
    address: str
    text: str
    count: int


def read_page(text: str) -> list[Block | Delivery]:
    """Return the blocks and expectations of a page, in order. Raises InvalidPage."""
    steps: list[Block | Delivery] = []
    lines = enumerate(text.splitlines(), 1)
    mark = ""
    for number, line in lines:
        if found := MARK.match(line):
            if mark:
                raise InvalidPage(f"line {number}: no block follows the mark above")
            delivery = _delivery(number, found[1])
            steps += [delivery] if delivery else []
            mark = "" if delivery else found[1]
        elif fence := FENCE.match(line):
            steps.append(_block(number, fence, lines, mark))
            mark = ""
        elif line.strip() and mark:
            raise InvalidPage(f"line {number}: a block has to follow the mark {mark!r}")
    if mark:
        raise InvalidPage(f"no block follows the mark {mark!r}")
    return steps


def _delivery(number: int, mark: str) -> Delivery | None:
    found = DELIVERED.match(mark)
    return Delivery(number, found[2], found[3], 0 if found[1] else 1) if found else None


def _block(number: int, fence: re.Match[str], lines: Iterator[tuple[int, str]], mark: str) -> Block:
    indent, ticks, language, _ = fence.groups()
    content = []
    for _, line in lines:
        if line.strip() == ticks:
            break
        content.append(line.removeprefix(indent))
    else:
        raise InvalidPage(f"line {number}: the block has no end")
    text = "\n".join(content) + "\n"
    kind, _, value = mark.partition(": ") if mark.startswith("not run") else mark.partition(" ")
    if mark and (kind not in {"not run", "background"} or not value):
        raise InvalidPage(f"line {number}: the mark {mark!r} is not known")
    if not mark and language not in LANGUAGES:
        raise InvalidPage(
            f"line {number}: a block of language {language!r} cannot be run. Mark it: "
            "<!-- snippet: not run: REASON -->"
        )
    if kind == "not run":
        return Block(number, language, text, reason=value)
    return Block(number, language, text, ready_url=value)
