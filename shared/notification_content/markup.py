"""Whether a body is HTML."""

import re
from enum import StrEnum


class Markup(StrEnum):
    """The markup that a target renders."""

    NONE = "none"  #: the body is shown as it is, so HTML would be shown with its tags
    HTML = "html"


#: The elements of HTML (HTML Living Standard, "Index", elements), and the obsolete elements that
#: mail programs still render.
_ELEMENTS = """
    a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption
    cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input
    ins kbd label legend li link main map mark menu meta meter nav noscript object ol optgroup
    option output p picture pre progress q rp rt ruby s samp script search section select slot small
    source span strong style sub summary sup table tbody td template textarea tfoot th thead time
    title tr track u ul var video wbr
    big center font strike tt
""".split()  # noqa: SIM905 - a list of a hundred literals is harder to read

#: The attributes that may stand without a value (HTML Living Standard, "Boolean attributes"). In
#: `a <b and c>` the letter is not a tag, because `and` is not an attribute.
_BOOLEAN = """
    allowfullscreen async autofocus autoplay checked compact controls default defer disabled hidden
    inert ismap loop multiple muted nomodule noshade novalidate nowrap open readonly required
    reversed selected
""".split()  # noqa: SIM905

_VALUE = r"""(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++)"""
_ATTRIBUTE = rf"""(?:[a-z_:@][^\s<>"'=/]*+\s*+=\s*+{_VALUE}|(?:{"|".join(_BOOLEAN)})(?=[\s/>]))"""
_TAG = re.compile(
    rf"<!doctype\s++html\b|</?(?:{'|'.join(_ELEMENTS)})(?:\s++{_ATTRIBUTE})*+\s*+/?>",
    re.IGNORECASE | re.ASCII,
)


def is_html(body: str) -> bool:
    """Whether a body contains a well-formed tag of a known HTML element, or HTML's doctype.

    `a < b`, `<3`, `<https://example.com>` and `<eggs@example.com>` are plain text.
    """
    return _TAG.search(body) is not None
