"""The visible text of an HTML page, as the text part of an e-mail shows it.

This module is apart from `markup`, because only few processes need the parser.
"""

import re
from dataclasses import dataclass

from notification_content.html_tokens import Kind, Token, tokens
from notification_content.text_lines import TextLines

_UNSEEN = frozenset({"head", "script", "style", "template", "title"})

#: Elements that begin a line, and elements with an empty line before and after them.
_LINES = frozenset(
    """
    address article aside body caption center dd details div dl dt fieldset figcaption figure footer
    form header legend main nav option section summary tr
    """.split()  # noqa: SIM905
)
_PARAGRAPHS = frozenset("blockquote h1 h2 h3 h4 h5 h6 hr p pre table".split())  # noqa: SIM905

#: Elements that end where the next one of the same name starts.
_UNCLOSED = frozenset({"dd", "dt", "li", "option", "p", "td", "th", "tr"})

#: Styles with which e-mails hide a preview text, or the variant of an image. A `font-size` of 0 is
#: not among them: MJML gives it to every column, and another size to each text in it.
_HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:max-height|opacity)\s*:\s*0(?:px|em|%)?\s*(?:!important\s*)?(?:;|$))",
    re.IGNORECASE,
)

#: What the source of attributes contains that hide an element.
_MAY_HIDE = ("hid", "none", "max-height", "opacity", "&")

#: Links without a value outside of the page.
_LOCAL = ("#", "javascript:")
_SCHEMES = re.compile(r"(?:https?://|mailto:|tel:)?(.*?)/?")


def text_of(page: str) -> str:
    """Return the visible text of an HTML page, with a line feed at its end.

    An address follows the text of its link, an image is its `alt`, an item of a list has a bullet
    or a number, and the short cells of a row are on one line. Hidden elements are left out.
    """
    reader = _Reader()
    for token in tokens(page):
        match token.kind:
            case Kind.TEXT:
                reader.add_text(token.value)
            case Kind.START:
                reader.start_tag(token)
            case Kind.END:
                reader.end_tag(token.value)
    return reader.lines.text()


@dataclass(slots=True)
class _List:
    """An open list; `number` is that of the next item, or None if items have bullets."""

    number: int | None
    has_open_item: bool = False


@dataclass(slots=True)
class _Row:
    """An open row of a table; `started_before` is the number of lines before it."""

    started_before: int
    cells: int = 0


class _Reader:
    """Collects the visible text."""

    def __init__(self) -> None:
        self.lines = TextLines()
        self._hidden_by = ""  # the element that hides its content
        self._hidden_depth = 0  # how many elements of its name are open
        self._links: list[tuple[str, list[str]]] = []  # the address and the texts of each open link
        self._lists: list[_List] = []
        self._rows: list[_Row] = []
        self._quotes = 0
        self._preformatted = 0

    def start_tag(self, token: Token) -> None:
        tag = token.value
        if self._hidden_by and self._is_still_hidden(tag):
            return
        if tag in _UNSEEN or _is_hidden(token):
            if tag not in _EMPTY:
                self._hidden_by, self._hidden_depth = tag, 1
            return
        self._break_around(tag)
        if start := _STARTS.get(tag):
            start(self, token)

    def end_tag(self, tag: str) -> None:
        if self._hidden_by:
            self._hidden_depth -= tag == self._hidden_by
            if not self._hidden_depth:
                self._hidden_by = ""
            return
        if end := _ENDS.get(tag):
            end(self)
        self._break_around(tag)

    def add_text(self, data: str) -> None:
        if self._hidden_by:
            return
        if self._links:
            self._links[-1][1].append(data)
        if self._preformatted:
            self.lines.add_preformatted(data)
        else:
            self.lines.add(data)

    def _is_still_hidden(self, tag: str) -> bool:
        """Whether the hidden element contains the start tag; a `body` ends an open `head`."""
        by = self._hidden_by
        if (by == "head" and tag == "body") or (by == tag and by in _UNCLOSED):
            self._hidden_by = ""
            return False
        self._hidden_depth += tag == by
        return True

    def _break_around(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.lines.break_line(2)
        elif tag in _LINES:
            self.lines.break_line()

    def start_image(self, token: Token) -> None:
        self.add_text(token.attributes().get("alt", ""))

    def start_break(self, _: Token) -> None:
        self.lines.force_break()

    def start_rule(self, _: Token) -> None:
        self.lines.add("---")
        self.lines.break_line(2)

    def start_link(self, token: Token) -> None:
        self._links.append((token.attributes().get("href", "").strip(), []))

    def end_link(self) -> None:
        if not self._links:
            return
        address, texts = self._links.pop()
        text = " ".join("".join(texts).split())
        if not address or address.lower().startswith(_LOCAL) or _same(text, address):
            return
        if text:
            self.lines.cancel_break()
            self.lines.add(f" ({address})")
        else:
            self.lines.add(address)

    def start_list(self, number: int | None) -> None:
        self.lines.break_line(1 if self._lists else 2)
        self._lists.append(_List(number))

    def start_unordered(self, _: Token) -> None:
        self.start_list(None)

    def start_ordered(self, token: Token) -> None:
        start = token.attributes().get("start", "")
        self.start_list(int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1)

    def end_list(self) -> None:
        self.end_item()
        if self._lists:
            self._lists.pop()
        self.lines.break_line(1 if self._lists else 2)

    def start_item(self, _: Token) -> None:
        self.end_item()
        if not self._lists:
            self._lists.append(_List(None))
        items = self._lists[-1]
        bullet = "* " if items.number is None else f"{items.number}. "
        items.number = None if items.number is None else items.number + 1
        items.has_open_item = True
        self.lines.break_line()
        self.lines.indent(" " * len(bullet), bullet)

    def end_item(self) -> None:
        if self._lists and self._lists[-1].has_open_item:
            self._lists[-1].has_open_item = False
            self.lines.outdent()
            self.lines.break_line()

    def start_quote(self, _: Token) -> None:
        self._quotes += 1
        self.lines.indent("> ")

    def end_quote(self) -> None:
        if self._quotes:
            self._quotes -= 1
            self.lines.outdent()

    def start_row(self, _: Token) -> None:
        self._rows.append(_Row(self.lines.started))

    def end_row(self) -> None:
        if self._rows:
            # E-mails are laid out with tables; a row of one cell is a paragraph.
            is_paragraph = self._rows.pop().cells == 1
            self.lines.cancel_break()
            self.lines.break_line(2 if is_paragraph else 1)

    def start_cell(self, _: Token) -> None:
        if self._rows:
            self._rows[-1].cells += 1
            self.lines.next_cell(self._rows[-1].started_before)

    def end_cell(self) -> None:
        self.lines.end_cell()

    def start_table(self, _: Token) -> None:
        self.lines.end_cell()
        self.lines.break_line(2)

    def start_preformatted(self, _: Token) -> None:
        self._preformatted += 1

    def end_preformatted(self) -> None:
        self._preformatted -= self._preformatted > 0


def _is_hidden(token: Token) -> bool:
    source = token.source.lower()
    if not any(map(source.__contains__, _MAY_HIDE)):
        return False
    attributes = token.attributes()
    return "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")) is not None


def _same(text: str, address: str) -> bool:
    """Whether the text of a link is its address, apart from the scheme and a slash at the end."""
    shown, linked = _SCHEMES.fullmatch(text), _SCHEMES.fullmatch(address)
    return shown is not None and linked is not None and shown[1] == linked[1]


_EMPTY = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
_STARTS = {
    "a": _Reader.start_link,
    "blockquote": _Reader.start_quote,
    "br": _Reader.start_break,
    "hr": _Reader.start_rule,
    "img": _Reader.start_image,
    "li": _Reader.start_item,
    "ol": _Reader.start_ordered,
    "pre": _Reader.start_preformatted,
    "table": _Reader.start_table,
    "td": _Reader.start_cell,
    "th": _Reader.start_cell,
    "tr": _Reader.start_row,
    "ul": _Reader.start_unordered,
}
_ENDS = {
    "a": _Reader.end_link,
    "blockquote": _Reader.end_quote,
    "li": _Reader.end_item,
    "ol": _Reader.end_list,
    "pre": _Reader.end_preformatted,
    "td": _Reader.end_cell,
    "th": _Reader.end_cell,
    "tr": _Reader.end_row,
    "ul": _Reader.end_list,
}
