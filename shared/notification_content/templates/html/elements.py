"""The elements of HTML and MJML by their positions. Every step is linear in the source's length."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = re.compile(r"<(?:!--|(?P<end>/?)(?P<name>[a-zA-Z][^\s/<>\"']*))")
_INSIDE = re.compile(r"""(?:[^"'<>]|"[^"]*"|'[^']*')*+""")
_ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]+)(?:\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+)))?""", re.DOTALL
)

#: Elements without an end tag.
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
#: Elements whose content is text.
_TEXT = frozenset({"script", "style", "textarea", "title", "mj-style", "mj-title"})


class MarkupProblem(Exception):
    """Markup cannot be compiled; `line` counts from 1, None if it is unknown."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True)
class MarkupTag:
    """An opening or closing tag between two positions of the source.

    `content_end` is the end of the text of an element that contains only text, else None.
    """

    name: str
    closes: bool
    void: bool
    start: int
    end: int
    content_end: int | None = None

    def attributes(self, source: str) -> dict[str, str]:
        """Return the attributes by their names in lower case, without character references."""
        inside = source[self.start + 1 + len(self.name) : self.end - 1]
        return {
            match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
            for match in _ATTRIBUTE.finditer(inside)
        }


def line_of(source: str, position: int) -> int:
    """Return the number of the line of a position."""
    return source.count("\n", 0, position) + 1


def markup_tags(source: str) -> Iterator[MarkupTag]:
    """Return the tags of a page in their order, without those in comments.

    Raises `MarkupProblem` for a tag that does not end.
    """
    position = 0
    while (opening := _START.search(source, position)) is not None:
        name = (opening["name"] or "").lower()
        if not name:
            closing = source.find("-->", opening.start())
            position = len(source) if closing < 0 else closing + 3
            continue
        inside = _INSIDE.match(source, opening.end())
        end = inside.end() if inside else opening.end()
        if source[end : end + 1] != ">":
            message = (
                f"the tag <{opening['end']}{name} does not end, or a quotation mark is missing"
            )
            raise MarkupProblem(message, line_of(source, opening.start()))
        closes = bool(opening["end"])
        void = name in VOID or source[end - 1] == "/"
        content_end = None
        if name in _TEXT and not closes and not void:
            content_end = _end_of_text(source, name, end + 1)
        yield MarkupTag(name, closes, void, opening.start(), end + 1, content_end)
        position = content_end or end + 1


def _end_of_text(source: str, name: str, start: int) -> int:
    closing = re.compile(rf"</{name}[\s>]", re.IGNORECASE).search(source, start)
    if closing is None:
        raise MarkupProblem(f"<{name}> does not end; write </{name}>", line_of(source, start))
    return closing.start()
