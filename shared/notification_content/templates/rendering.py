"""Rendering: from a compiled template and data to the parts of one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notification_content.locales import is_right_to_left, lookup
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.language.engine import RenderingFailed, cached_engine

#: The part that is a message's title, by channel.
_TITLES = {"email": "subject"}
#: The part that is a message's body, by channel.
_BODIES = {"email": "html"}

#: The values of built-in variables that the caller does not pass.
DEFAULTS: Mapping[str, Any] = {"unsubscribe_url": None, "brand": {"name": "", "url": ""}}
#: The names that a schema cannot use.
RESERVED = frozenset({*DEFAULTS, "locale", "direction", "content", "loop", "range"})


@dataclass(frozen=True, slots=True)
class RenderedContent:
    """The parts of one message.

    `title` is the subject of an e-mail, and empty where a channel has none. `text` is the
    template's own plain text of an e-mail; None means that it is derived from the body.
    `extra` holds the options for the provider, such as `from_name`.
    """

    title: str
    body: str
    text: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class TemplateFailed(Exception):
    """A template cannot be rendered with the data. Nothing may be sent."""

    def __init__(
        self, message: str, locale: str, channel: str, part: str | None, line: int | None = None
    ) -> None:
        super().__init__(message, locale, channel, part, line)
        self.message, self.locale, self.channel = message, locale, channel
        self.part, self.line = part, line

    def __str__(self) -> str:
        """The message and its place: `de email html, line 3: undefined value`."""
        place = " ".join(name for name in (self.locale, self.channel, self.part) if name)
        return f"{place}{f', line {self.line}' if self.line else ''}: {self.message}"


def choose_locale(compiled: CompiledTemplate, channel: str, wanted: str | None) -> str:
    """Return the locale of a message: what RFC 4647's lookup finds, else the default locale.

    Raises LookupError if neither has content for the channel.
    """
    available = compiled.locales_of(channel)
    if wanted and (locale := lookup(wanted, available)) is not None:
        return locale
    if compiled.document.default_locale in available:
        return compiled.document.default_locale
    raise LookupError(f"the template has no content for {channel}")


def render(
    compiled: CompiledTemplate,
    locale: str,
    channel: str,
    data: Mapping[str, Any],
    variables: Mapping[str, Any],
    time_zone: str = "UTC",
) -> RenderedContent:
    """Render the message of a channel in a locale.

    `variables` are the built-in ones, `unsubscribe_url` and `brand`; `locale` and `direction` are
    added. Raises `TemplateFailed`.
    """
    parts = compiled.parts_of(locale, channel)
    if not parts:
        raise TemplateFailed(f"the locale has no content for {channel}", locale, channel, None)
    context = context_of(locale, channel, data, variables)
    message = _Message(compiled, locale, channel, context, time_zone)
    title, body = _TITLES.get(channel, "title"), _BODIES.get(channel, "body")
    extra = message.value("extra", parts.get("extra") or {})
    extra |= {part: message.text(part) for part in ("from_name", "reply_to") if part in parts}
    return RenderedContent(
        title=" ".join(message.text(title).split()) if title in parts else "",
        body=message.text(body),
        text=message.text("text") if "text" in parts else None,
        extra=extra,
    )


def context_of(
    locale: str, channel: str, data: Mapping[str, Any], variables: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the variables of a message by name.

    An e-mail without an unsubscribe link has an empty `unsubscribe_url`, which can be printed:
    whether there is a link depends on the deployment, and must not end a notification.
    """
    direction = "rtl" if is_right_to_left(locale) else "ltr"
    built_in = {**DEFAULTS, **variables, "locale": locale, "direction": direction}
    if channel == "email":
        built_in["unsubscribe_url"] = built_in["unsubscribe_url"] or ""
    return {**data, **built_in}


@dataclass(frozen=True, slots=True)
class _Message:
    """One message while it is rendered."""

    compiled: CompiledTemplate
    locale: str
    channel: str
    context: Mapping[str, Any]
    time_zone: str

    def text(self, part: str) -> str:
        """Return the text of a part."""
        engine = cached_engine(self.compiled.digest, lambda: sources_of(self.compiled))
        name = source_name(self.locale, self.channel, part)
        try:
            return engine.render(name, self.context, self.locale, self.time_zone)
        except RenderingFailed as error:
            raise TemplateFailed(
                error.message, self.locale, self.channel, part, error.line
            ) from None

    def value(self, part: str, value: Any) -> Any:
        """Return a value with every text in it rendered."""
        if isinstance(value, str):
            return self.text(part)
        if isinstance(value, Mapping):
            return {name: self.value(f"{part}.{name}", item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(f"{part}.{number}", item) for number, item in enumerate(value)]
        return value


def source_name(locale: str, channel: str, part: str) -> str:
    """Name the source of a part."""
    return f"{locale}/{channel}/{part}"


def sources_of(compiled: CompiledTemplate) -> dict[str, str]:
    """Return every source of a compiled template by its name."""
    return {
        source_name(locale, channel, part): text
        for locale, channels in compiled.content.items()
        for channel, parts in channels.items()
        for part, text in texts_of(parts).items()
    }


def texts_of(parts: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the parts; those in `extra` are named `extra.order.id`."""
    texts: dict[str, str] = {}
    for part, value in parts.items():
        if isinstance(value, str):
            texts[part] = value
        elif isinstance(value, Mapping):
            texts |= {f"{part}.{name}": text for name, text in texts_of(value).items()}
        elif isinstance(value, list):
            numbered = {str(number): item for number, item in enumerate(value)}
            texts |= {f"{part}.{name}": text for name, text in texts_of(numbered).items()}
    return texts
