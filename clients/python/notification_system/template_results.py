"""The results of the client's methods for templates, as those of `results`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notification_system.enums import ChangeKind
from notification_system.errors import FieldError
from notification_system.results import Sms


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A version was made the published one. `author` is the ARN of the caller."""

    version: int
    author: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template. `published` is None while no version is; `publications` are the last ten."""

    name: str
    category: str | None = None
    published: int | None = None
    latest: int
    publications: tuple[Publication, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersionSummary:
    """A version without its content. If `is_compiled` is false, its checks found errors."""

    name: str
    version: int
    digest: str
    is_compiled: bool
    author: str
    note: str
    created_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTemplateVersion(TemplateVersionSummary):
    """A version that was stored, with the problems that its checks found.

    `is_new` is false if the latest version already had the content.
    """

    is_new: bool
    layouts: Mapping[str, int]
    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion(TemplateVersionSummary):
    """A version with its content, by locale, channel and part; a draft has `errors`."""

    category: str | None = None
    default_locale: str
    schema: Mapping[str, Any]
    content: Mapping[str, Mapping[str, Mapping[str, Any]]]
    partial: tuple[str, ...]
    examples: tuple[Mapping[str, Any], ...]
    max_segments: int
    layouts: Mapping[str, int]
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """A field that differs; `diff` has the lines of a unified diff."""

    field: str
    kind: ChangeKind
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDiff:
    """The differences between two versions. A channel is named with its locale: `de.sms`."""

    before: int = field(metadata={"name": "from"})
    after: int = field(metadata={"name": "to"})
    added_locales: tuple[str, ...]
    removed_locales: tuple[str, ...]
    added_channels: tuple[str, ...]
    removed_channels: tuple[str, ...]
    changes: tuple[TemplateChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPart:
    """One message of a preview, as its recipient would get it."""

    channel: str
    locale: str
    title: str
    body: str
    text: str | None = None
    extra: Mapping[str, Any]
    sms: Sms | None = None
    html_bytes: int | None = None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePreview:
    """The messages of a version in each channel and locale."""

    version: int
    parts: tuple[PreviewPart, ...]
