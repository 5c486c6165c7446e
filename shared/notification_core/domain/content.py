"""What a notification says: title, body, and the extra keys its handler knows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notification_core.domain.addresses import check_text
from notification_core.domain.errors import InvalidInput

MAX_TITLE = 256  #: characters
MAX_BODY = 200 * 1024  #: bytes of UTF-8
MAX_EXTRA = 32 * 1024  #: bytes of JSON

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Never changes once accepted, so it is stored once, apart from what does change.

    `key` names where a large content lies while it is not loaded; its texts are empty then, and
    stay empty where it is `lost`: nothing lies there any more.
    """

    title: str
    body: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    lost: bool = False

    @classmethod
    def checked(cls, title: str, body: str, extra: Mapping[str, Any]) -> "Content":
        """Build a content from a caller's input.

        Raises:
            InvalidInput: naming the field, the limit and the size.
        """
        check_text("title", title, MAX_TITLE)
        if not is_one_line(title):
            raise InvalidInput.of("title", "must be one line without control characters")
        if not body.strip():
            raise InvalidInput.of("body", "must not be empty")
        check_size("title", title, MAX_TITLE * 4)
        check_size("body", body, MAX_BODY)
        check_size("extra", as_json("extra", extra), MAX_EXTRA)
        return cls(title=title, body=body, extra=extra)


def is_one_line(text: str) -> bool:
    """Whether a text holds no line end and no other control character."""
    return _CONTROL.search(text) is None


def as_json(name: str, value: object) -> str:
    """Return the value as JSON that any reader accepts.

    Raises:
        InvalidInput: the value holds NaN or an infinity, or is nested too deeply.
    """
    try:
        return json.dumps(
            value, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
    except (ValueError, RecursionError) as error:
        raise InvalidInput.of(name, f"is not valid JSON: {error}") from error


def check_size(name: str, text: str, limit: int) -> None:
    """Refuse a text over so many bytes, or one that UTF-8 cannot hold.

    Raises:
        InvalidInput: naming the field, the limit and the size.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput.of(name, "holds half of a surrogate pair, which is no text") from error
    if size > limit:
        raise InvalidInput.of(name, f"must be at most {limit} bytes, not {size}")
