"""A template as its author wrote it: schema, texts by locale and channel, and examples."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from notification_content.locales import lookup
from notification_content.templates.document_fields import DEFAULT_SEGMENTS, checked_fields

#: The name of a template.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)

#: The place of the content in a layout.
CONTENT = re.compile(r"\{\{-?\s*content\s*-?\}\}")

#: The size from which Gmail cuts an e-mail off, in bytes of HTML.
LARGE_EMAIL = 102_400


@dataclass(frozen=True)
class TemplateDocument:
    """The content of one version of a template.

    `content` maps locale, channel and part to the part's text: `content["de"]["sms"]["body"]`.
    Locales are in canonical spelling. `partial` names the locales that may lack channels of the
    default locale. `examples` are data that fit the schema. `max_segments` limits each SMS.
    """

    default_locale: str
    content: Mapping[str, Mapping[str, Mapping[str, Any]]]
    category: str | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    partial: frozenset[str] = frozenset()
    examples: tuple[Mapping[str, Any], ...] = ()
    max_segments: int = DEFAULT_SEGMENTS

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Read a document from JSON values, such as a request's body.

        `examples` defaults to those of the schema. Raises `TemplateRejected`, with every problem,
        for a wrong shape. The templates' syntax is not checked.
        """
        return cls(**checked_fields(fields))

    @classmethod
    def stored(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `as_fields` of this or a newer version returned; unknown fields are ignored."""
        known = cls.__dataclass_fields__
        return cls.of({name: value for name, value in fields.items() if name in known})

    def as_fields(self) -> dict[str, Any]:
        """Return the JSON values that `of` reads."""
        return {
            "category": self.category,
            "default_locale": self.default_locale,
            "schema": self.schema,
            "content": self.content,
            "partial": sorted(self.partial),
            "examples": list(self.examples),
            "max_segments": self.max_segments,
        }

    @cached_property
    def digest(self) -> str:
        """The SHA-256 hash in hexadecimal digits. Equal documents have equal hashes."""
        text = json.dumps(self.as_fields(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_layout(self) -> bool:
        """Whether the template wraps the e-mails of others instead of being sent itself."""
        return any(is_layout(channels.get("email", {})) for channels in self.content.values())

    def locales_of(self, channel: str) -> tuple[str, ...]:
        """Return the locales that have content for a channel."""
        return tuple(locale for locale, channels in self.content.items() if channel in channels)

    def email_for(self, locale: str) -> Mapping[str, Any]:
        """Return the parts of a layout's e-mail in the locale that serves a locale best."""
        own_locale = lookup(locale, self.locales_of("email")) or self.default_locale
        return self.content[own_locale]["email"]

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of any locale, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for channels in self.content.values() for name in channels))

    @property
    def layouts(self) -> tuple[str, ...]:
        """The names of the layouts that the e-mails use."""
        emails = [channels.get("email", {}) for channels in self.content.values()]
        return tuple(dict.fromkeys(parts["layout"] for parts in emails if parts.get("layout")))


def is_layout(parts: Mapping[str, Any]) -> bool:
    """Whether the parts of an e-mail are those of a layout: a place for the content, no subject."""
    markup = parts.get("mjml") or parts.get("html") or ""
    return "subject" not in parts and CONTENT.search(markup) is not None
