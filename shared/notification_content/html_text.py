"""The visible text of an HTML page.

This module is apart from `markup`, because only few processes need the parser.
"""

import html
import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"head", "script", "style", "title"})
_BREAKING = frozenset({"br", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "tr", "ul", "ol"})


def text_of(page: str) -> str:
    """Return the visible text of an HTML page."""
    # The text after the last tag contains no tag; html.parser would search it for one in quadratic
    # time.
    end = page.rfind(">") + 1
    reader = _Text()
    reader.feed(page[:end])
    reader.close()
    reader.handle_data(html.unescape(page[end:]))
    return reader.text()


class _Text(HTMLParser):
    """Collects the visible text; a link's address follows its text."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKING:
            self._pieces.append("\n")
        if tag == "li":
            self._pieces.append("* ")
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in _BREAKING - {"br"}:
            self._pieces.append("\n")
        if tag == "a" and self._links and (link := self._links.pop()):
            self._pieces.append(f" ({link})")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """Return the text, with at most one empty line in a row."""
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
