"""The checks of a template that need no rendering: its schema, examples, locales and variables."""

from collections.abc import Iterator, Mapping
from typing import Any

from notification_content.templates.data import data_errors
from notification_content.templates.document import CONTENT, TemplateDocument, is_layout
from notification_content.templates.language.scanner import SyntaxProblem, Tag, tags_of
from notification_content.templates.problems import Problem
from notification_content.templates.rendering import texts_of
from notification_content.templates.schemas import schema_problems
from notification_content.templates.variables import Unknown, Variables, unused, variables_of

#: The parts that are templates. `layout` is a name.
_NAMES = frozenset({"layout"})

#: The place of the content while a layout is checked by itself.
_CONTENT = "content"


def schema_and_examples(document: TemplateDocument) -> Iterator[Problem]:
    """Return what is wrong with the schema; if nothing is, with the examples."""
    problems = list(schema_problems(document.schema))
    yield from problems
    if problems:
        return
    if not document.examples and document.schema.get("properties"):
        message = "are missing; add at least one, because the checks render the template with it"
        yield Problem(message, part="examples")
    for number, example in enumerate(document.examples, 1):
        for error in data_errors(document.schema, example):
            message = f"example {number}: {error.path or 'the data'} {error.message}"
            yield Problem(message, part="examples", variable=error.path or None)


def locales(document: TemplateDocument) -> Iterator[Problem]:
    """Return the channels that a locale lacks."""
    wanted = document.content[document.default_locale]
    for locale, channels in document.content.items():
        if locale not in document.partial:
            for channel in wanted:
                if channel not in channels:
                    message = f"is missing; write it, or name {locale} in `partial`"
                    yield Problem(message, locale, channel)


def shape(document: TemplateDocument) -> Iterator[Problem]:
    """Return the e-mails without a subject, and what is wrong with the parts of a layout."""
    for locale, channels in document.content.items():
        for channel, parts in channels.items():
            if document.is_layout:
                yield from _layout_shape(locale, channel, parts)
            elif channel == "email" and not parts.get("subject"):
                yield Problem("is missing", locale, channel, "subject")


def _layout_shape(locale: str, channel: str, parts: Mapping[str, Any]) -> Iterator[Problem]:
    if channel != "email":
        yield Problem("is not wrapped by a layout; a layout has only email", locale, channel)
        return
    if not is_layout(parts):
        message = "is not a layout, unlike another locale: it needs {{ content }} and no subject"
        yield Problem(message, locale, channel)
    for part in ("html", "mjml", "text"):
        count = len(CONTENT.findall(parts.get(part) or ""))
        if part in parts and count != 1:
            message = f"contains {{{{ content }}}} {count} times; a layout contains it once"
            yield Problem(message, locale, channel, part)


def variables(
    document: TemplateDocument, layouts: Mapping[str, TemplateDocument]
) -> tuple[list[Problem], list[Problem]]:
    """Return the errors of each part's syntax and variables, and the warnings about them."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    used = Variables()
    for locale, channels in document.content.items():
        for channel, parts in channels.items():
            for part, source in _sources(parts, in_layout=document.is_layout).items():
                place = (locale, channel, part)
                _read(source, place, document, used, errors)
                warnings += _unescaped(source, place) if part in {"html", "mjml"} else ()
                warnings += _plurals(source, place)
            _read_layout(locale, parts, document, layouts, used, errors)
    if not errors:
        warnings += [
            Problem(f"`{name}` is not used by any text", part="schema", variable=name)
            for name in unused(document.schema, used)
        ]
    return errors, warnings


def _sources(parts: Mapping[str, Any], *, in_layout: bool) -> dict[str, str]:
    """Return the templates of a channel's content by part."""
    texts = {part: text for part, text in texts_of(parts).items() if part not in _NAMES}
    if in_layout:
        return {part: CONTENT.sub(_CONTENT, text) for part, text in texts.items()}
    return texts


def _read(
    source: str,
    place: tuple[str, str, str],
    document: TemplateDocument,
    used: Variables,
    errors: list[Problem],
    layout: str = "",
) -> None:
    try:
        variables = variables_of(source, document.schema)
    except SyntaxProblem as error:
        errors.append(Problem(error.message, *place, error.line))
        return
    used.used |= variables.used
    used.whole |= variables.whole
    for unknown in variables.unknown:
        line = None if layout else unknown.line
        message = _message(unknown, layout)
        errors.append(Problem(message, *place, line, unknown.name))


def _message(unknown: Unknown, layout: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - most templates have no such problem

    closest = get_close_matches(unknown.name, unknown.known, n=1)
    hint = f"; did you mean `{closest[0]}`?" if closest else ""
    where = f"the layout {layout} uses the variable" if layout else "the variable"
    which = ", which is not in the schema" if layout else " is not in the schema"
    return f"{where} `{unknown.name}`{which}{hint}"


def _read_layout(
    locale: str,
    parts: Mapping[str, Any],
    document: TemplateDocument,
    layouts: Mapping[str, TemplateDocument],
    used: Variables,
    errors: list[Problem],
) -> None:
    """Check the variables of an e-mail's layout against the schema of the e-mail's template."""
    name = parts.get("layout")
    layout = layouts.get(name) if isinstance(name, str) else None
    if layout is None or not layout.is_layout:
        return
    for source in _sources(layout.email_for(locale), in_layout=True).values():
        _read(source, (locale, "email", "layout"), document, used, errors, str(name))


def _unescaped(source: str, place: tuple[str, str, str]) -> Iterator[Problem]:
    for tag in _tags(source):
        if any(token.kind == "name" and token.text == "safe" for token in tag.tokens):
            text = source[tag.start : tag.end]
            message = f"`{text}` is not escaped: data can contain any HTML"
            yield Problem(message, *place, tag.line)


def _plurals(source: str, place: tuple[str, str, str]) -> Iterator[Problem]:
    """Return the plural forms that a locale distinguishes and a text does not."""
    for tag in _tags(source):
        texts = [token.text for token in tag.tokens]
        if "plural" in texts:
            from notification_content.templates.language.locale_filters import (  # noqa: PLC0415 - needs Babel
                plural_categories,
            )

            missing = sorted(plural_categories(place[0]) - set(texts))
            if missing:
                forms = ", ".join(f"`{name}`" for name in missing)
                message = f"{place[0]} also has the plural forms {forms}; `other` is used for them"
                yield Problem(message, *place, tag.line)


def _tags(source: str) -> list[Tag]:
    try:
        return list(tags_of(source))
    except SyntaxProblem:
        return []
