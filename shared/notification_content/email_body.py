"""The text and the HTML of an e-mail: default styling, and a footer with the unsubscribe link.

A complete HTML document stays as it is, apart from the footer. Plain text and fragments of HTML are
placed in a page that loads nothing and is readable on a phone, in the dark and from right to left.
"""

import html
import re
from dataclasses import dataclass

from notification_content.html_text import text_of
from notification_content.locales import is_right_to_left
from notification_content.markup import is_html
from notification_content.translations import texts_in

_FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_LINK = "#1a56db"
_LINE = "#d9d9e0"
_QUIET = "#5c5c66"

#: The colours of the page in the dark. The page does without them if the fragment has colours of
#: its own, which would not suit a dark background.
_DARK = """\
@media (prefers-color-scheme: dark) {
  body, .page { background: #18181b !important; color: #e7e7ea !important }
  .page a { color: #93b4ff !important }
  .brand a { color: inherit !important }
  .quiet, .quiet a { color: #a6a6b0 !important }
  .quiet { border-color: #3f3f46 !important }
}
"""

_PAGE = """\
<!doctype html>
<html{language}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{schemes}">
<title>{title}</title>
<style>
:root {{ color-scheme: {schemes} }}
.page a {{ color: #1a56db }}
.page img {{ max-width: 100%; height: auto }}
{dark}</style>
</head>
<body style="margin:0;background:#ffffff;color:#1b1b1f">
<div class="page"{language} style="max-width:600px;margin:0 auto;padding:24px 20px;{font};\
font-size:16px;line-height:1.5;color:#1b1b1f">
{header}<div{auto}>
{content}
</div>
{footer}</div>
</body>
</html>
"""

_HEADER = """\
<div class="brand" style="margin:0 0 24px;padding:0 0 12px;border-bottom:{border};font-weight:600">\
{name}</div>
"""

#: The footer of our own page, and that of a complete document, whose colours are not known.
_INNER = f"margin:32px 0 0;padding:16px 0 0;border-top:1px solid {_LINE};"
_OUTER = f"max-width:600px;margin:0 auto;padding:16px 20px 24px;background:#ffffff;{_FONT};"
_FOOTER = """\
<div class="quiet" lang="{language}" dir="{direction}" style="{place}font-size:13px;\
line-height:1.5;color:{quiet}">{reason} \
<a href="{url}" style="color:{quiet}">{unsubscribe}</a></div>
"""

_DOCUMENT = re.compile(r"<(?:!doctype\s|html[\s>]|body[\s>])", re.IGNORECASE)
_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_COLORS = re.compile(r"color|background", re.IGNORECASE)

_URL = re.compile(r"https?://[^\s<>\"']+")
_AFTER_URL = ".,;:!?)]}"
_PARAGRAPHS = re.compile(r"\n(?:[^\S\n]*\n)+")
_LINE_END = re.compile(r"\r\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """The link with which a recipient opts out of a category."""

    url: str
    category: str  #: its name for recipients, in the footer's language
    language: str  #: one that `translations.translated_language` has returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds a content. An empty text is not shown."""

    title: str = ""
    locale: str | None = None  #: of the content; None: not known
    brand_name: str = ""
    brand_url: str = ""
    brand_color: str = ""  #: `#rrggbb`
    unsubscribe: Unsubscribe | None = None  #: for the footer of a content without this link


@dataclass(frozen=True, slots=True)
class EmailBody:
    """The two alternatives of an e-mail."""

    text: str
    html: str


def email_body(body: str, text: str | None, frame: Frame) -> EmailBody:
    """Return the parts of an e-mail.

    Args:
        body: plain text, a fragment of HTML, or a complete document.
        text: the text part; None derives it from the body.
        frame: what surrounds the body.
    """
    as_html = is_html(body)
    if text is None:
        text = text_of(body) if as_html else body
        # A content of images alone has no text.
        text = text if text.strip() else frame.title
    return EmailBody(_with_text_footer(text, frame), _page(body, frame, as_html=as_html))


def _page(body: str, frame: Frame, *, as_html: bool) -> str:
    unsubscribe = frame.unsubscribe
    if unsubscribe is not None and _contains_link(body, unsubscribe):
        unsubscribe = None
    if as_html and _DOCUMENT.search(body):
        if unsubscribe is None:
            return body
        ends = list(_END.finditer(body))
        bodies = [end for end in ends if end[0].lower().startswith("</body")]
        place = (bodies or ends)[-1].start() if ends else len(body)
        return body[:place] + _footer(unsubscribe, frame, _OUTER) + body[place:]
    has_colors = as_html and _COLORS.search(body) is not None
    return _PAGE.format(
        language=_language(frame.locale) if frame.locale else "",
        auto="" if frame.locale else ' dir="auto"',
        title=html.escape(frame.title),
        schemes="light" if has_colors else "light dark",
        dark="" if has_colors else _DARK,
        font=_FONT,
        header=_header(frame),
        content=body if as_html else _as_html(body),
        footer="" if unsubscribe is None else _footer(unsubscribe, frame, _INNER),
    )


def _language(locale: str) -> str:
    direction = "rtl" if is_right_to_left(locale) else "ltr"
    return f' lang="{html.escape(locale)}" dir="{direction}"'


def _header(frame: Frame) -> str:
    if not frame.brand_name:
        return ""
    border = f"3px solid {frame.brand_color}" if frame.brand_color else f"1px solid {_LINE}"
    return _HEADER.format(border=border, name=_brand(frame, "color:inherit;text-decoration:none"))


def _brand(frame: Frame, style: str) -> str:
    name = f"<bdi>{html.escape(frame.brand_name)}</bdi>"
    if not frame.brand_url:
        return name
    return f'<a href="{html.escape(frame.brand_url)}" style="{style}">{name}</a>'


def _footer(unsubscribe: Unsubscribe, frame: Frame, place: str) -> str:
    texts = texts_in(unsubscribe.language)
    reason = texts["footer_brand" if frame.brand_name else "footer"].format(
        brand=_brand(frame, f"color:{_QUIET}"),
        category=f"<bdi>{html.escape(unsubscribe.category)}</bdi>",
    )
    return _FOOTER.format(
        language=unsubscribe.language,
        direction="rtl" if is_right_to_left(unsubscribe.language) else "ltr",
        place=place,
        quiet=_QUIET,
        reason=reason,
        url=html.escape(unsubscribe.url),
        unsubscribe=texts["unsubscribe"],
    )


def _with_text_footer(text: str, frame: Frame) -> str:
    unsubscribe = frame.unsubscribe
    if unsubscribe is None or _contains_link(text, unsubscribe):
        return text
    texts = texts_in(unsubscribe.language)
    reason = texts["footer_brand" if frame.brand_name else "footer"].format(
        brand=frame.brand_name, category=unsubscribe.category
    )
    # The address has its own line, because it is longer than one.
    return f"{text.rstrip()}\n\n---\n{reason}\n{texts['unsubscribe']}:\n{unsubscribe.url}\n"


def _contains_link(content: str, unsubscribe: Unsubscribe) -> bool:
    """Whether a content contains the link, of which escaping changes all but the last segment."""
    return unsubscribe.url.rpartition("/")[2] in content


def _as_html(text: str) -> str:
    """Return a plain text as paragraphs, with its line ends, and with links for its addresses."""
    lines = _LINE_END.sub("\n", text).strip("\n")
    return "\n".join(
        f'<p dir="auto" style="margin:0 0 16px">{_linked(paragraph)}</p>'
        for paragraph in _PARAGRAPHS.split(lines)
    )


def _linked(text: str) -> str:
    pieces, end = [], 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(_AFTER_URL)
        escaped = html.escape(url)
        pieces += [
            html.escape(text[end : match.start()]),
            f'<a href="{escaped}" style="color:{_LINK}">{escaped}</a>',
        ]
        end = match.start() + len(url)
    pieces.append(html.escape(text[end:]))
    return "".join(pieces).replace("\n", "<br>\n")
