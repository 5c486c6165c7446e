"""What a page of the console consists of, as an HTML parser reads it."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from notification_core.entrypoints.console.rendering import FOLDER, time_element
from tests.architecture.templates import ROOT
from tests.builders import NOON

#: The attributes that name an address.
ADDRESSES = frozenset({"href", "src", "action", "formaction", "hx-get", "hx-post", "data"})

#: Where links of pages lead, apart from the console: the documentation of providers' codes.
OTHER_SITES = tuple(
    sorted(
        {
            f"{address}/"
            for path in (ROOT / "functions" / "targets").glob("*/errors.json")
            for address in re.findall(r'https://[^/"]+', path.read_text())
        }
    )
)


@dataclass
class Element:
    """A start tag."""

    tag: str
    attributes: dict[str, str]


@dataclass
class Parsed(HTMLParser):
    """The elements and the text of a page."""

    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def all_text(self) -> str:
        """The text between the tags, and in the values of fields."""
        values = [element.attributes.get("value", "") for element in self.elements]
        return "\n".join([self.text, *values])

    def addresses(self) -> list[tuple[str, str]]:
        """Return the method and the address of each link, form and live part."""
        found: list[tuple[str, str]] = []
        method = "GET"
        for element in self.elements:
            given = element.attributes
            if element.tag == "form":
                method = given.get("method", "get").upper()
            for name in ADDRESSES & given.keys():
                sends = name in {"action", "formaction"}
                found.append(
                    ("POST" if name == "hx-post" else method if sends else "GET", given[name])
                )
        return found


def parsed(page: str) -> Parsed:
    """Read a page."""
    parser = Parsed()
    parser.feed(page)
    parser.close()
    return parser


def _known() -> set[tuple[str, str]]:
    """Return each element of the templates with each of its attributes."""
    # Statements and comparisons have quotes and `<`, which would end an attribute or begin a tag.
    pieces = [
        re.sub(r"{%.*?%}|{#.*?#}|{{.*?}}", " ", path.read_text(), flags=re.DOTALL)
        for path in FOLDER.glob("*.html")
    ]
    pieces.append(str(time_element(NOON, in_text=True)))
    return {
        (element.tag, name)
        for piece in pieces
        for element in parsed(piece).elements
        for name in ["", *element.attributes]
    }


KNOWN = _known()


def foreign_markup(page: str, base: str) -> list[str]:
    """Return what of a page no template of the console has written.

    Args:
        page: the HTML.
        base: the path of the console.
    """
    found = []
    for element in parsed(page).elements:
        found += [
            f"<{element.tag} {name}>"
            for name in ["", *element.attributes]
            if (element.tag, name) not in KNOWN
        ]
        if element.tag == "script" and not element.attributes.get("src"):
            found.append("a script in the page")
        for name in ADDRESSES & element.attributes.keys():
            value = element.attributes[name]
            parts = urlsplit(value)
            is_own = not parts.scheme and not parts.netloc
            if not (
                (is_own and (parts.path == base or value.startswith((f"{base}/", f"{base}?", "#"))))
                or value == "data:,"
                or value.startswith(OTHER_SITES)
            ):
                found.append(f"{element.tag} {name}={value}")
    return found
