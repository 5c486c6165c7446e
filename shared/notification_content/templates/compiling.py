"""From a document and its layouts to a compiled template, which is done once per version."""

from collections.abc import Mapping
from typing import Any

from notification_content.locales import is_right_to_left
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import CONTENT, TemplateDocument
from notification_content.templates.html.css import inlined
from notification_content.templates.html.elements import MarkupProblem, markup_tags
from notification_content.templates.html.mjml import check_nesting, mjml_as_html, with_preview
from notification_content.templates.html.page import completed
from notification_content.templates.html.protecting import Protected, masked
from notification_content.templates.language.scanner import SyntaxProblem
from notification_content.templates.problems import Problem, TemplateRejected

#: The parts of an e-mail that compiling replaces.
_SOURCES = frozenset({"mjml", "html", "layout"})


def compile_template(
    document: TemplateDocument,
    layouts: Mapping[str, TemplateDocument],
    versions: Mapping[str, int] | None = None,
) -> CompiledTemplate:
    """Merge the layouts into the e-mails, compile MJML and inline CSS.

    `layouts` holds the layouts of `document.layouts` by name, `versions` their versions. Raises
    `TemplateRejected` if a layout is missing or the markup cannot be compiled.
    """
    problems: list[Problem] = []
    content: dict[str, dict[str, dict[str, Any]]] = {}
    for locale, channels in document.content.items():
        content[locale] = {channel: dict(parts) for channel, parts in channels.items()}
        if "email" in channels:
            try:
                content[locale]["email"] = _email(locale, channels["email"], layouts)
            except TemplateRejected as error:
                problems += error.problems
    if problems:
        raise TemplateRejected(problems)
    used = {name: (versions or {}).get(name) for name in document.layouts}
    return CompiledTemplate(document, content, used)


def _email(
    locale: str, parts: Mapping[str, Any], layouts: Mapping[str, TemplateDocument]
) -> dict[str, Any]:
    kind = "mjml" if "mjml" in parts else "html"
    merged = dict(parts)
    try:
        _check_markup(parts[kind], kind)
        if name := parts.get("layout"):
            merged |= _within(_layout(locale, name, layouts), parts, kind, locale)
        page = merged[kind]
        if kind == "mjml":
            page = mjml_as_html(page, right_to_left=is_right_to_left(locale))
        page = completed(inlined(page), locale)
    except RecursionError:
        raise TemplateRejected([Problem("is nested too deep", locale, "email", kind)]) from None
    except (MarkupProblem, SyntaxProblem) as error:
        # Lines of a page with a layout are not those of the author's text.
        line = None if merged[kind] is not parts[kind] else error.line
        raise TemplateRejected([Problem(error.message, locale, "email", kind, line)]) from None
    return {name: part for name, part in merged.items() if name not in _SOURCES} | {"html": page}


def _check_markup(source: str, kind: str) -> None:
    """Refuse tags that do not end, before a layout is around them."""
    if kind == "mjml":
        check_nesting(Protected(source).text)
    else:
        list(markup_tags(masked(source)))


def _layout(locale: str, name: str, layouts: Mapping[str, TemplateDocument]) -> Mapping[str, Any]:
    """Return the parts of a layout in the locale that serves the e-mail's best."""
    layout = layouts.get(name)
    if layout is None:
        message = f"the layout {name} does not exist or is not published; publish it first"
        raise TemplateRejected([Problem(message, locale, "email", "layout")])
    if not layout.is_layout:
        message = f"the template {name} is not a layout: its e-mail must contain {{{{ content }}}}"
        raise TemplateRejected([Problem(message, locale, "email", "layout")])
    return layout.email_for(locale)


def _within(
    layout: Mapping[str, Any], parts: Mapping[str, Any], kind: str, locale: str
) -> dict[str, Any]:
    """Return the parts of an e-mail that its layout changes."""
    if kind not in layout:
        other = "MJML" if kind == "html" else "HTML"
        message = f"the layout {parts['layout']} is {other}, so the content must be {other} too"
        raise TemplateRejected([Problem(message, locale, "email", kind)])
    wrapper, content = layout[kind], parts[kind]
    if kind == "mjml":
        wrapper, content = with_preview(wrapper, content)
    changed = {kind: CONTENT.sub(lambda _: content, wrapper)}
    if "text" in layout and "text" in parts:
        changed["text"] = CONTENT.sub(lambda _: parts["text"], layout["text"])
    return changed
