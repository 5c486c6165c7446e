"""A template that is ready to be rendered."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from notification_content.templates.document import TemplateDocument


@dataclass(frozen=True)
class CompiledTemplate:
    """A document with its layouts merged in, MJML compiled and CSS inlined.

    `content` has the structure of the document's. An e-mail has `html` and no `mjml` or `layout`;
    its parts are still templates. `layouts` holds the version of each layout that was merged in,
    None where the caller did not say it.
    """

    document: TemplateDocument
    content: Mapping[str, Mapping[str, Mapping[str, Any]]]
    layouts: Mapping[str, int | None]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `as_fields` of this or a newer version returned."""
        return cls(
            TemplateDocument.stored(fields["document"]), fields["content"], fields["layouts"]
        )

    def as_fields(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "document": self.document.as_fields(),
            "content": self.content,
            "layouts": self.layouts,
        }

    @cached_property
    def digest(self) -> str:
        """The SHA-256 hash of everything that rendering depends on, in hexadecimal digits."""
        text = json.dumps([self.document.default_locale, self.content], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def parts_of(self, locale: str, channel: str) -> Mapping[str, Any]:
        """Return the parts of a channel's content; empty if the locale lacks the channel."""
        return self.content.get(locale, {}).get(channel, {})

    def locales_of(self, channel: str) -> tuple[str, ...]:
        """Return the locales that have content for a channel."""
        return self.document.locales_of(channel)
