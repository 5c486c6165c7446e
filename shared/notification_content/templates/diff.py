"""The differences between two versions of a template, part by part."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from typing import Any

from notification_content.templates.document import TemplateDocument


class ChangeKind(StrEnum):
    """How a field differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs.

    `field` is named as in the body of a version: `schema`, `content.de.sms.body`. `diff` has the
    lines of a unified diff without its header; a value that is not a text is compared as JSON.
    """

    field: str
    kind: ChangeKind
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDiff:
    """The differences between two documents. A channel is named with its locale: `de.sms`."""

    added_locales: tuple[str, ...]
    removed_locales: tuple[str, ...]
    added_channels: tuple[str, ...]
    removed_channels: tuple[str, ...]
    changes: tuple[Change, ...]


def diff_of(before: TemplateDocument, after: TemplateDocument) -> TemplateDiff:
    """Compare two documents. Equal documents have no changes."""
    old, new = _texts(before), _texts(after)
    old_channels, new_channels = _channels(before), _channels(after)
    return TemplateDiff(
        added_locales=_missing(after.content, before.content),
        removed_locales=_missing(before.content, after.content),
        added_channels=_missing(new_channels, old_channels),
        removed_channels=_missing(old_channels, new_channels),
        changes=tuple(
            _change(field, old.get(field), new.get(field))
            for field in dict.fromkeys([*new, *old])
            if old.get(field) != new.get(field)
        ),
    )


def _missing(fields: Mapping[str, Any], others: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in fields if name not in others)


def _channels(document: TemplateDocument) -> dict[str, None]:
    return {
        f"{locale}.{channel}": None
        for locale, channels in document.content.items()
        for channel in channels
    }


def _texts(document: TemplateDocument) -> dict[str, str]:
    """Return the text of each field; a field without a value is left out."""
    fields = document.as_fields()
    content = fields.pop("content")
    fields |= {
        f"content.{locale}.{channel}.{part}": value
        for locale, channels in content.items()
        for channel, parts in channels.items()
        for part, value in parts.items()
    }
    return {field: _text(value) for field, value in fields.items() if value not in (None, [])}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _change(field: str, before: str | None, after: str | None) -> Change:
    if before is None:
        kind = ChangeKind.ADDED
    else:
        kind = ChangeKind.REMOVED if after is None else ChangeKind.CHANGED
    old, new = (before or "").splitlines(), (after or "").splitlines()
    header_and_lines = list(unified_diff(old, new, lineterm=""))
    return Change(field, kind, "\n".join(header_and_lines[2:]))
