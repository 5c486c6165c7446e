"""The form of the editor: a text for each field of a template, and the document that they make."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from notification_content.locales import canonical
from notification_content.templates.document import TemplateDocument
from notification_content.templates.document_fields import CHANNEL
from notification_content.templates.problems import Problem, TemplateRejected
from notification_core.domain.errors import FieldError

#: The parts of each channel, in the order of the form; those of other channels are `OTHER_PARTS`.
PARTS: Mapping[str, tuple[str, ...]] = {
    "email": ("subject", "html", "mjml", "text", "layout", "from_name", "reply_to"),
    "sms": ("body",),
    "push": ("title", "body", "extra"),
}
OTHER_PARTS = ("title", "body", "extra")

#: The fields that are not the content of a channel, and their labels.
SETTINGS: Mapping[str, str] = {
    "category": "Category",
    "default_locale": "Default language",
    "partial": "Languages that may lack channels",
    "max_segments": "Most segments of an SMS",
    "schema": "Schema of the data (JSON Schema)",
    "examples": "Examples of the data (a JSON list; the first is shown in the preview)",
}

#: Lines of a text area: at least the first number, for these parts the second, at most twice it.
LINES, LONG = 1, 12
LONG_PARTS = frozenset({"html", "mjml", "schema", "examples"})

#: The name of a part: `content.de.sms.body`.
_CONTENT = re.compile(r"content(\.[^.]+){3}")

#: Digits of a number in the form.
MAX_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One text area."""

    name: str  #: as in the request of a version: `content.de.sms.body`
    label: str
    text: str
    lines: int
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The text areas of one channel in one language."""

    locale: str
    channel: str
    fields: tuple[FormField, ...]
    errors: tuple[str, ...]


@dataclass
class TemplateForm:
    """What is in the form, also what is no template yet."""

    texts: dict[str, str]
    errors: list[FieldError] = field(default_factory=list)

    @classmethod
    def empty(cls, locale: str) -> Self:
        """Return the form of a new template, with each common channel in one language."""
        texts = dict.fromkeys(SETTINGS, "") | {"default_locale": locale}
        texts["schema"] = _json({"type": "object", "properties": {}, "required": []})
        form = cls(texts)
        for channel in PARTS:
            form._add(locale, channel)
        return form

    @classmethod
    def of_document(cls, document: TemplateDocument) -> Self:
        """Return the form that shows a document."""
        fields = document.as_fields()
        texts = {
            "category": document.category or "",
            "default_locale": document.default_locale,
            "partial": ", ".join(fields["partial"]),
            "max_segments": str(document.max_segments),
            "schema": _json(fields["schema"]),
            "examples": _json(fields["examples"]),
        }
        for locale, channels in document.content.items():
            for channel, parts in channels.items():
                for part, value in parts.items():
                    text = value if isinstance(value, str) else _json(value)
                    texts[_name(locale, channel, part)] = text
        return cls(texts)

    @classmethod
    def of_request(cls, given: Mapping[str, str]) -> Self:
        """Return the form as a browser sends it, with line breaks as they were stored."""
        return cls(
            {
                name: re.sub(r"\r\n?", "\n", text)
                for name, text in given.items()
                if name in SETTINGS or _CONTENT.fullmatch(name)
            }
        )

    def document(self) -> TemplateDocument:
        """Return the document. An empty part is left out, and so is a channel without parts.

        Raises:
            TemplateRejected: with a problem for each wrong field.
        """
        problems: list[Problem] = []
        texts = {name: self.texts.get(name, "").strip() for name in SETTINGS}
        most = texts["max_segments"]
        is_number = re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", most) is not None
        fields = {
            "category": texts["category"] or None,
            "default_locale": texts["default_locale"],
            "partial": re.findall(r"[^\s,]+", texts["partial"]),
            "max_segments": int(most) if is_number else most or None,
            "schema": _value(texts["schema"], Problem("", part="schema"), problems),
            "examples": _value(texts["examples"], Problem("", part="examples"), problems),
            "content": self._content(problems),
        }
        try:
            document = TemplateDocument.of(fields)
        except TemplateRejected as error:
            raise TemplateRejected([*problems, *error.problems]) from error
        if problems:
            raise TemplateRejected(problems)
        return document

    def add(self, locale: str, channel: str) -> None:
        """Add a channel in a language: by default the channels of the default language."""
        try:
            tag = canonical(locale or self.texts.get("default_locale", ""))
        except ValueError as error:
            self.errors.append(FieldError("add_locale", str(error)))
            return
        if channel and not CHANNEL.fullmatch(channel):
            message = "must be lower-case letters, digits and hyphens"
            self.errors.append(FieldError("add_channel", message))
            return
        default = self.texts.get("default_locale")
        likely = [name for locale_, name, _ in self._places() if locale_ == default]
        for name in [channel] if channel else likely or PARTS:
            self._add(tag, name)

    def errors_of(self, name: str) -> tuple[str, ...]:
        """Return the messages about a field."""
        return tuple(error.message for error in self.errors if error.field == name)

    @property
    def settings(self) -> tuple[FormField, ...]:
        """The text areas that are not the content of a channel."""
        return tuple(self._field(name, label, name) for name, label in SETTINGS.items())

    @property
    def sections(self) -> tuple[Section, ...]:
        """The text areas of each channel in each language, the default language first."""
        channels = dict.fromkeys((locale, channel) for locale, channel, _ in self._places())
        default = self.texts.get("default_locale")
        ordered = sorted(channels, key=lambda place: place[0] != default)
        return tuple(self._section(*place) for place in ordered)

    @property
    def other_errors(self) -> tuple[FieldError, ...]:
        """The errors that no text area and no section shows."""
        shown = {"add_locale", "add_channel", *(shown.name for shown in self.settings)}
        for section in self.sections:
            shown |= {_name(section.locale, section.channel)}
            shown |= {area.name for area in section.fields}
        return tuple(error for error in self.errors if error.field not in shown)

    def _section(self, locale: str, channel: str) -> Section:
        given = [part for *place, part in self._places() if place == [locale, channel]]
        parts = dict.fromkeys([*PARTS.get(channel, OTHER_PARTS), *given])
        return Section(
            locale=locale,
            channel=channel,
            fields=tuple(self._field(_name(locale, channel, part), part, part) for part in parts),
            errors=self.errors_of(_name(locale, channel)),
        )

    def _field(self, name: str, label: str, part: str) -> FormField:
        text, least = self.texts.get(name, ""), LINES
        if part in LONG_PARTS and text:
            least = LONG
        lines = min(max(text.count("\n") + 1, least), 2 * LONG)
        return FormField(
            name=name, label=label, text=text, lines=lines, errors=self.errors_of(name)
        )

    def _add(self, locale: str, channel: str) -> None:
        for part in PARTS.get(channel, OTHER_PARTS):
            self.texts.setdefault(_name(locale, channel, part), "")

    def _places(self) -> Iterator[tuple[str, str, str]]:
        """Yield locale, channel and part of each text of the content."""
        for name in self.texts:
            if name not in SETTINGS:
                _, locale, channel, part = name.split(".")
                yield locale, channel, part

    def _content(self, problems: list[Problem]) -> dict[str, dict[str, dict[str, Any]]]:
        content: dict[str, dict[str, dict[str, Any]]] = {}
        for locale, channel, part in self._places():
            value: Any = self.texts[_name(locale, channel, part)]
            if part == "extra":
                place = Problem("", locale=locale, channel=channel, part=part)
                value = _value(value.strip(), place, problems)
            if value not in ("", None):
                content.setdefault(locale, {}).setdefault(channel, {})[part] = value
        return content


def field_errors_of(problems: Iterable[Problem]) -> list[FieldError]:
    """Return problems as errors of the form's fields."""
    return [FieldError(problem.field, str(problem)) for problem in problems]


def _name(*place: str) -> str:
    return ".".join(["content", *place])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _value(text: str, place: Problem, problems: list[Problem]) -> Any:
    """Return the JSON value of a text, or None if it is empty or wrong."""
    if not text:
        return None
    line, message = None, ""
    try:
        value = json.loads(text, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        line, message = error.lineno, f"is not JSON: {error.msg}"
    except (ValueError, RecursionError):
        # A number that JSON does not know, an unpaired surrogate, or too many levels.
        message = "is not JSON: it has a number or a text that JSON cannot store, or is too deep"
    else:
        return value
    problems.append(
        Problem(message, locale=place.locale, channel=place.channel, part=place.part, line=line)
    )
    return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
