"""The content of a notification: title, body, and the extra keys that its handler supports."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notification_core.domain.addresses import check_text
from notification_core.domain.errors import InvalidInput

if TYPE_CHECKING:
    from notification_core.domain.template_use import TemplateUse

MAX_TITLE = 256  #: characters
MAX_BODY = 200 * 1024  #: bytes of UTF-8
MAX_EXTRA = 32 * 1024  #: bytes of JSON

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The immutable content of a notification, stored once and apart from the changing attributes.

    `key` is the storage key of a large content that is not loaded. Its texts are empty then, and
    stay empty when the content is `lost`, which means that the key no longer exists.

    The texts of a content with a `template` are never stored. They are rendered just before the
    send, and when the notification is shown; `unrendered` says why they could not be shown.
    """

    title: str
    body: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    template: "TemplateUse | None" = None
    key: str | None = None
    lost: bool = False
    unrendered: str = ""

    @property
    def has_texts(self) -> bool:
        """Whether the texts of a content that is shown are known."""
        return not self.lost and not self.unrendered

    @classmethod
    def checked(cls, title: str, body: str, extra: Mapping[str, Any]) -> "Content":
        """Build the content from a caller's input.

        Raises:
            InvalidInput: naming the field, the limit and the size.
        """
        check_title(title)
        check_body(body)
        check_extra_size(extra)
        return cls(title=title, body=body, extra=extra)


def check_title(title: str) -> None:
    """Check that a title is one line, neither empty nor too long.

    Raises:
        InvalidInput: it names the field, the limit and the size.
    """
    check_text("title", title, MAX_TITLE)
    if not is_one_line(title):
        raise InvalidInput.of("title", "must be one line without control characters")
    check_size("title", title, MAX_TITLE * 4)


def check_body(body: str) -> None:
    """Check that a body is neither empty nor too long.

    Raises:
        InvalidInput: it names the field, the limit and the size.
    """
    if not body.strip():
        raise InvalidInput.of("body", "must not be empty")
    check_size("body", body, MAX_BODY)


def check_extra_size(extra: Mapping[str, Any]) -> None:
    """Check that extra fields are valid JSON and not too long.

    Raises:
        InvalidInput: it names the field, the limit and the size.
    """
    check_size("extra", as_json("extra", extra), MAX_EXTRA)


def is_one_line(text: str) -> bool:
    """Whether a text contains no line break and no other control character."""
    return _CONTROL.search(text) is None


def as_json(name: str, value: object) -> str:
    """Return the value as JSON that every parser accepts.

    Raises:
        InvalidInput: the value contains NaN or an infinity, or is nested too deeply.
    """
    try:
        return json.dumps(
            value, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
    except (ValueError, RecursionError) as error:
        raise InvalidInput.of(name, f"is not valid JSON: {error}") from error


def check_size(name: str, text: str, limit: int) -> None:
    """Check that a text can be encoded as UTF-8 and has at most `limit` bytes.

    Raises:
        InvalidInput: it names the field, the limit and the size.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput.of(
            name, "contains half of a surrogate pair, which is not valid text"
        ) from error
    if size > limit:
        raise InvalidInput.of(name, f"must be at most {limit} bytes, not {size}")
