"""Splits an HTML page into tags and texts, for readers that need neither a tree nor its checks.

It parses attributes only where a reader asks for them, so it takes half the time of `html.parser`
for the HTML of a template. It never searches the same text again and again, however the page is
broken; some releases of `html.parser` take quadratic time for that.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

#: A comment's start, a declaration, or a tag (HTML Living Standard, 13.2.5). A quotation mark
#: without its counterpart is part of the attributes.
_MARKUP = re.compile(
    r"""<(?:!--|[!?][^>]*+>|(/?)([a-zA-Z][^\s/>]*+)((?:[^"'>]++|"[^"]*+"|'[^']*+'|["'])*+)>)"""
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?""")

#: Elements whose content has no tags, and the end of each.
_RAW = {tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE) for tag in ("script", "style")}


class Kind(Enum):
    """The kind of a token."""

    TEXT = auto()
    START = auto()  #: a start tag
    END = auto()  #: an end tag


@dataclass(slots=True)
class Token:
    """A text without its character references, or a tag with its name in lower case."""

    kind: Kind
    value: str
    source: str = ""  #: of the attributes

    def attributes(self) -> Mapping[str, str]:
        """Return the attributes by their names in lower case; one without a value is empty."""
        pairs = [match.groups(default="") for match in _ATTRIBUTE.finditer(self.source)]
        return {
            name.lower(): html.unescape(value[1:-1] if value[:1] in {'"', "'"} else value)
            for name, value in reversed(pairs)  # of two attributes with a name the first counts
        }


def tokens(page: str) -> Iterator[Token]:
    """Yield the tokens of a page in order, without comments, declarations, scripts and styles."""
    # No tag ends after the last bracket, so no search goes on in vain behind it.
    last, position = page.rfind(">") + 1, 0
    while match := _MARKUP.search(page, position, last):
        start = match.start()
        if start > position:
            yield Token(Kind.TEXT, html.unescape(page[position:start]))
        slash, name, source = match.groups()
        position = match.end()
        if name is None:
            position = _end_of_comment(page, start) if match[0] == "<!--" else position
            continue
        tag = name.lower()
        if slash:
            yield Token(Kind.END, tag)
            continue
        yield Token(Kind.START, tag, source)
        if tag in _RAW:
            end = _RAW[tag].search(page, position)
            position = end.start() if end else len(page)
    if position < len(page):
        yield Token(Kind.TEXT, html.unescape(page[position:]))


def _end_of_comment(page: str, start: int) -> int:
    """Return where a comment ends, which may be written `<!-->`; else where the page ends."""
    end = page.find("-->", start + 2)
    return len(page) if end < 0 else end + 3
