"""The shape of a template's fields."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from notification_content.locales import canonical
from notification_content.templates.problems import Problem, TemplateRejected

#: The name of a channel.
CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
#: The name of a category or of a layout.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)

#: The parts of each channel; those of other channels are `OTHER_PARTS`.
PARTS: Mapping[str, frozenset[str]] = {
    "email": frozenset({"subject", "html", "mjml", "text", "layout", "from_name", "reply_to"}),
    "sms": frozenset({"body"}),
    "push": frozenset({"title", "body", "extra"}),
}
OTHER_PARTS = frozenset({"title", "body", "extra"})
REQUIRED: Mapping[str, frozenset[str]] = {
    "email": frozenset(),  # a layout has no subject, and there is either `html` or `mjml`
    "push": frozenset({"title", "body"}),
}

#: The most characters of a part, of a whole document as JSON, and the most locales of a template.
LONGEST_PART = 200_000
LONGEST_DOCUMENT = 1_000_000
MOST_LOCALES = 100
MOST_SEGMENTS = 10
#: The SMS segments of a template that does not say how many it may have.
DEFAULT_SEGMENTS = 3
#: The deepest nesting of objects and lists. Reading a value calls a function for each level.
DEEPEST = 100
#: The most examples. Every text is rendered with each.
MOST_EXAMPLES = 20

_FIELDS = frozenset(
    {"category", "default_locale", "schema", "content", "partial", "examples", "max_segments"}
)


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a `TemplateDocument`; raise `TemplateRejected` for a wrong shape."""
    _check_depth(fields)
    problems = [
        Problem(f"is not a field of a template; the fields are {_listed(_FIELDS)}", part=name)
        for name in sorted(set(fields) - _FIELDS)
    ]
    problems += _scalar_problems(fields)
    content = _content(fields.get("content"), problems)
    default_locale = _locale(fields.get("default_locale"), "default_locale", problems)
    if content and default_locale and default_locale not in content:
        message = f"is {default_locale}, which has no content; write the content of this locale"
        problems.append(Problem(message, part="default_locale"))
    partial = [_locale(tag, "partial", problems) for tag in _list(fields, "partial", problems)]
    problems += [
        Problem(f"names {tag}, which has no content", part="partial")
        for tag in partial
        if tag and content and tag not in content
    ]
    schema = {"type": "object"} if fields.get("schema") in (None, {}) else fields["schema"]
    examples = _examples(fields, schema, problems)
    if not problems and len(json.dumps(fields)) > LONGEST_DOCUMENT:
        problems.append(
            Problem(f"must have at most {LONGEST_DOCUMENT:,} characters", part="content")
        )
    if problems:
        raise TemplateRejected(problems)
    return {
        "category": fields.get("category"),
        "default_locale": default_locale,
        "schema": schema,
        "content": content,
        "partial": frozenset(partial),
        "examples": tuple(examples),
        "max_segments": fields.get("max_segments") or DEFAULT_SEGMENTS,
    }


def _check_depth(fields: Mapping[str, Any]) -> None:
    """Raise `TemplateRejected` if a field is nested too deep; nothing else may read it then."""
    problems = [
        Problem(f"must be at most {DEEPEST} levels deep", part=name)
        for name in sorted(_FIELDS & fields.keys())
        if _is_deeper(fields[name], DEEPEST)
    ]
    if problems:
        raise TemplateRejected(problems)


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a JSON value has more levels of objects and lists."""
    level = [value]
    for _ in range(levels):
        level = [child for parent in level for child in _children(parent)]
    return any(isinstance(item, Mapping | list | tuple) for item in level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _scalar_problems(fields: Mapping[str, Any]) -> Iterator[Problem]:
    category, most = fields.get("category"), fields.get("max_segments")
    schema = fields.get("schema")
    if category is not None and not (isinstance(category, str) and _NAME.fullmatch(category)):
        yield Problem("must be the name of a category", part="category")
    if most is not None and (type(most) is not int or not 1 <= most <= MOST_SEGMENTS):
        yield Problem(f"must be a number from 1 to {MOST_SEGMENTS}", part="max_segments")
    if schema is not None and not isinstance(schema, Mapping):
        yield Problem("must be a JSON Schema, which is an object", part="schema")


def _examples(
    fields: Mapping[str, Any], schema: Any, problems: list[Problem]
) -> list[Mapping[str, Any]]:
    examples = _list(fields, "examples", problems)
    if fields.get("examples") is None and isinstance(schema, Mapping):
        examples = _list(schema, "examples", problems)
    if len(examples) > MOST_EXAMPLES:
        problems.append(Problem(f"must be at most {MOST_EXAMPLES}", part="examples"))
    if not all(isinstance(example, Mapping) for example in examples):
        problems.append(
            Problem("must be objects, each with the data of a message", part="examples")
        )
    return examples


def _list(fields: Mapping[str, Any], name: str, problems: list[Problem]) -> list[Any]:
    value = fields.get(name)
    if isinstance(value, list | tuple):
        return list(value)
    if value is not None:
        problems.append(Problem("must be a list", part=name))
    return []


def _locale(tag: Any, field: str, problems: list[Problem]) -> str | None:
    try:
        return canonical(tag if isinstance(tag, str) else "")
    except ValueError as error:
        problems.append(Problem(str(error), part=field))
        return None


def _content(content: Any, problems: list[Problem]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the content by canonical locales."""
    if not isinstance(content, Mapping) or not content or len(content) > MOST_LOCALES:
        message = f"must be an object with 1 to {MOST_LOCALES} locales, such as {{'en': {{…}}}}"
        problems.append(Problem(message, part="content"))
        return {}
    checked: dict[str, dict[str, dict[str, Any]]] = {}
    for tag, channels in content.items():
        try:
            locale = canonical(tag)
        except ValueError as error:
            problems.append(Problem(str(error), locale=tag))
            continue
        if locale in checked:
            problems.append(Problem(f"is the same locale as {locale}", locale=tag))
        problems += _channel_problems(locale, channels)
        if isinstance(channels, Mapping):
            checked[locale] = {
                channel: {name: part for name, part in parts.items() if part is not None}
                for channel, parts in channels.items()
                if isinstance(parts, Mapping)
            }
    return checked


def _channel_problems(locale: str, channels: Any) -> Iterator[Problem]:
    if not isinstance(channels, Mapping) or not channels:
        yield Problem("must be an object with the content of each channel", locale=locale)
        return
    for channel, parts in channels.items():
        if not CHANNEL.fullmatch(channel):
            message = "must be the name of a channel: lower-case letters, digits and hyphens"
            yield Problem(message, locale=locale, channel=channel)
        elif not isinstance(parts, Mapping):
            message = "must be an object with the parts of the message"
            yield Problem(message, locale=locale, channel=channel)
        else:
            for part, message in part_problems(channel, parts):
                yield Problem(message, locale=locale, channel=channel, part=part)


def part_problems(channel: str, parts: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    """Return the wrong parts of a channel's content, each with a message."""
    allowed = PARTS.get(channel, OTHER_PARTS)
    for part, value in parts.items():
        if part not in allowed:
            yield part, f"is not a part of {channel}; the parts are {_listed(allowed)}"
        elif (message := _wrong_value(part, value)) is not None:
            yield part, message
    for part in sorted(REQUIRED.get(channel, frozenset({"body"}))):
        if not parts.get(part):
            yield part, "is missing"
    if channel == "email":
        yield from _email_problems(parts)


def _wrong_value(part: str, value: Any) -> str | None:
    if value is None:
        return None
    if part == "extra":
        return None if isinstance(value, Mapping) else "must be an object"
    if not isinstance(value, str):
        return "must be a text"
    too_long = len(value) > LONGEST_PART
    return f"must have at most {LONGEST_PART:,} characters" if too_long else None


def _email_problems(parts: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    if bool(parts.get("html")) == bool(parts.get("mjml")):
        yield None, "must contain either `html` or `mjml`"
    layout = parts.get("layout")
    if isinstance(layout, str) and not _NAME.fullmatch(layout):
        yield "layout", "must be the name of a template"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
