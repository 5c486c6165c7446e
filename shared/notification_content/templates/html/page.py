"""What every e-mail's page has: a doctype, a character set, its language and its direction."""

from notification_content.locales import is_right_to_left
from notification_content.templates.html.elements import MarkupTag, markup_tags
from notification_content.templates.html.protecting import masked

#: Values of MJML that say nothing.
_UNKNOWN = frozenset({"", "und", "auto"})

_CHARSET = '<meta charset="utf-8">'
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


def completed(source: str, locale: str) -> str:
    """Return a page or a fragment as a whole page, with what is missing.

    The source may contain tags of a template. Raises `MarkupProblem`.
    """
    text = masked(source)
    tags = [tag for tag in markup_tags(text) if not tag.closes]
    if not any(tag.name in {"html", "body"} for tag in tags):
        source = f"<html><head>{_CHARSET}{_VIEWPORT}</head><body>\n{source}\n</body></html>"
    elif not any(tag.name == "html" for tag in tags):
        source = f"<html>{source}</html>"
    source = _with_language(source, locale)
    source = _with_charset(source)
    has_doctype = source.lstrip()[:9].lower() == "<!doctype"
    return source if has_doctype else f"<!DOCTYPE html>\n{source}"


def _with_language(source: str, locale: str) -> str:
    """Return a page whose element `html` has the language and the direction."""
    direction = "rtl" if is_right_to_left(locale) else "ltr"
    text = masked(source)
    # MJML repeats both in an element of the body.
    for tag in reversed([tag for tag in markup_tags(text) if _says_language(tag, text)]):
        written = source[tag.start : tag.end]
        attributes = tag.attributes(text)
        for name, value in (("dir", direction), ("lang", locale)):
            if attributes.get(name) in _UNKNOWN - {""}:
                written = written.replace(f' {name}="{attributes[name]}"', f' {name}="{value}"')
            elif not attributes.get(name):
                end = 1 + len(tag.name)
                written = f'{written[:end]} {name}="{value}"{written[end:]}'
        source = source[: tag.start] + written + source[tag.end :]
    return source


def _says_language(tag: MarkupTag, text: str) -> bool:
    if tag.closes:
        return False
    return tag.name == "html" or tag.attributes(text).get("lang") == "und"


def _with_charset(source: str) -> str:
    text = masked(source)
    opened = {tag.name: tag for tag in reversed(list(markup_tags(text))) if not tag.closes}
    metas = [tag.attributes(text) for tag in markup_tags(text) if tag.name == "meta"]
    if any("charset" in meta or "charset" in meta.get("content", "").lower() for meta in metas):
        return source
    head = opened.get("head")
    if head is not None:
        return source[: head.end] + _CHARSET + source[head.end :]
    end = opened["html"].end
    return f"{source[:end]}<head>{_CHARSET}</head>{source[end:]}"
