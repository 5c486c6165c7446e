"""MJML to HTML. The result still contains the template's tags."""

import re

from notification_content.templates.html.elements import MarkupProblem, line_of, markup_tags
from notification_content.templates.html.protecting import Protected

#: The deepest nesting of elements. The compiler calls itself for each level.
DEEPEST = 60

#: The text that inboxes show beside the subject. MJML allows it in the head of a page only.
_PREVIEW = re.compile(r"<mj-preview\s*>.*?</mj-preview\s*>", re.DOTALL)

#: What a page in a language that is written from right to left begins with. The author's own
#: attributes replace these.
_RIGHT_TO_LEFT = (
    '<mj-attributes><mj-section direction="rtl" /><mj-column direction="rtl" />'
    '<mj-text align="right" /><mj-table align="right" /></mj-attributes>'
)


def mjml_as_html(source: str, *, right_to_left: bool = False) -> str:
    """Compile MJML to an HTML page. Raises `MarkupProblem`.

    No web font is loaded unless the source names it with `mj-font`.
    """
    from mjml import mjml2html  # noqa: PLC0415 - only publishing needs it

    protected = Protected(source)
    check_nesting(protected.text)
    text = _with_head(protected.text, _RIGHT_TO_LEFT) if right_to_left else protected.text
    try:
        page = mjml2html(text, fonts={}, include_loader=_no_files)
    except ValueError as error:
        place = re.search(r" in root template at position \d+:(\d+)", str(error))
        line = line_of(text, int(place[1])) if place else None
        message = str(error)[: place.start() if place else None]
        raise MarkupProblem(f"is not valid MJML: {message}", line) from None
    for tag in markup_tags(page):
        if tag.name.startswith("mj-"):
            position = protected.text.find(f"<{tag.name}")
            line = line_of(protected.text, position) if position >= 0 else None
            raise MarkupProblem(
                f"<{tag.name}> is not an element of MJML, or not allowed here", line
            )
    return protected.restored(page)


def with_preview(layout: str, content: str) -> tuple[str, str]:
    """Return a layout with the `mj-preview` of its content in its head, and the rest of that.

    The content keeps its lines. Its preview replaces the layout's own.
    """
    preview = _PREVIEW.search(content)
    if preview is None:
        return layout, content
    lines = "\n" * preview[0].count("\n")
    content = content[: preview.start()] + lines + content[preview.end() :]
    layout = _PREVIEW.sub("", layout)
    return _with_head(layout, preview[0]), content


def _no_files(path: str) -> str:
    raise ValueError(f"mj-include is not available ({path}); use a layout")


def check_nesting(text: str) -> None:
    """Refuse elements that are not closed, and nesting that is too deep for the compiler.

    MJML is XML: `<p>` and `<li>` need an end tag too. The compiler would not say where one lacks.
    """
    opened: list[tuple[str, int]] = []
    for tag in markup_tags(text):
        if tag.closes:
            if not opened or opened[-1][0] != tag.name:
                hint = f"; </{opened[-1][0]}> is expected here" if opened else ""
                raise MarkupProblem(f"</{tag.name}> ends nothing{hint}", line_of(text, tag.start))
            opened.pop()
        elif not tag.void:
            opened.append((tag.name, tag.start))
        if len(opened) > DEEPEST:
            raise MarkupProblem("elements are nested too deep", line_of(text, tag.start))
    if opened:
        name, start = opened[-1]
        raise MarkupProblem(f"<{name}> does not end; write </{name}>", line_of(text, start))


def _with_head(text: str, elements: str) -> str:
    """Return MJML whose head begins with these elements."""
    head = re.search(r"<mj-head\s*>", text)
    if head is not None:
        return text[: head.end()] + elements + text[head.end() :]
    whole = re.search(r"<mjml[^>]*>", text)
    end = whole.end() if whole else 0
    return f"{text[:end]}<mj-head>{elements}</mj-head>{text[end:]}"
