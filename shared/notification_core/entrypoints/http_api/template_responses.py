"""Responses about templates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import ConfigDict, Field

from notification_content.templates.diff import ChangeKind, TemplateDiff
from notification_content.templates.problems import Problem
from notification_core.domain.templates import TemplateVersion
from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.entrypoints.http_api.models import Response
from notification_core.entrypoints.http_api.notification_response import SmsResponse
from notification_core.entrypoints.http_api.problems import FieldProblem
from notification_core.entrypoints.http_api.templates import SCHEMA, TEXTS
from notification_core.usecases.administration.templates import StoredVersion, field_errors

if TYPE_CHECKING:
    from notification_core.usecases.queries.template_preview import PreviewPart


class PublicationResponse(Response):
    """A version was published."""

    version: int
    author: str = Field(description="the caller that signed the request")
    note: str
    at: Time


class TemplateResponse(Response):
    """A template."""

    name: str
    category: str | None = Field(description="of the published version, or else of the latest")
    published: int | None = Field(description="the published version")
    latest: int = Field(description="the latest version")
    publications: list[PublicationResponse] = Field(description="the last ten, oldest first")
    created_at: Time
    updated_at: Time

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "name": "order-shipped",
        "category": "orders",
        "published": 1,
        "latest": 1,
        "publications": [
            {
                "version": 1,
                "author": "arn:aws:iam::123456789012:user/author",
                "note": "Approved by Ann",
                "at": "2026-01-30T11:00:00.000Z",
            }
        ],
        "created_at": "2026-01-30T10:00:00.000Z",
        "updated_at": "2026-01-30T11:00:00.000Z",
    }

    @classmethod
    def of(cls, entity: Any, **more: Any) -> Self:
        """Return the response for the head of a template."""
        publications = [PublicationResponse.of(publication) for publication in entity.publications]
        return super().of(entity, publications=publications, **more)


class TemplateList(ApiModel):
    """A page of templates."""

    items: list[TemplateResponse]
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": [TemplateResponse.EXAMPLE], "next": None}


class VersionSummaryResponse(Response):
    """A version of a template without its content."""

    name: str
    version: int
    digest: str = Field(description="equal for equal content")
    is_compiled: bool = Field(description="it passed its checks and can be used")
    author: str = Field(description="the caller that signed the request")
    note: str
    created_at: Time
    published_at: Time | None = Field(description="when it was published first")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "name": "order-shipped",
        "version": 1,
        "digest": "0f1c8ca8b9fd4ac1f8bb2b8a1e4a8d8f7fbb1f6a2ab1f9a7c7f4f7a4a1d7c9e2",
        "is_compiled": True,
        "author": "arn:aws:iam::123456789012:user/author",
        "note": "First version",
        "created_at": "2026-01-30T10:00:00.000Z",
        "published_at": None,
    }


class VersionList(ApiModel):
    """A page of versions, newest first."""

    items: list[VersionSummaryResponse]
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [VersionSummaryResponse.EXAMPLE],
        "next": None,
    }


class StoredVersionResponse(VersionSummaryResponse):
    """A version that a request has stored. With errors, it can be neither published nor used."""

    is_new: bool = Field(description="false if the latest version already had this content")
    layouts: dict[str, int] = Field(description="the versions of its layouts")
    errors: list[FieldProblem]
    warnings: list[FieldProblem]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        **VersionSummaryResponse.EXAMPLE,
        "is_new": True,
        "layouts": {},
        "errors": [],
        "warnings": [],
    }

    @classmethod
    def of_stored(cls, stored: StoredVersion) -> Self:
        """Return the response for a stored version."""
        return cls.of(
            stored.version.summary,
            is_new=stored.is_new,
            layouts=dict(stored.version.layouts),
            errors=_problems(stored.errors),
            warnings=_problems(stored.warnings),
        )


class VersionResponse(VersionSummaryResponse):
    """A version of a template."""

    model_config = ConfigDict(populate_by_name=True)

    category: str | None
    default_locale: str
    schema_: dict[str, Any] = Field(serialization_alias="schema")
    content: dict[str, dict[str, dict[str, Any]]]
    partial: list[str]
    examples: list[dict[str, Any]]
    max_segments: int
    layouts: dict[str, int] = Field(description="the versions of its layouts")
    errors: list[FieldProblem] = Field(description="of a draft")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        **VersionSummaryResponse.EXAMPLE,
        "category": "orders",
        "default_locale": "en",
        "schema": SCHEMA,
        "content": TEXTS,
        "partial": [],
        "examples": SCHEMA["examples"],
        "max_segments": 3,
        "layouts": {},
        "errors": [],
    }

    @classmethod
    def of_version(cls, version: TemplateVersion, errors: Iterable[Problem]) -> Self:
        """Return the response for a version and its errors."""
        fields = version.document.as_fields()
        fields["schema_"] = fields.pop("schema")
        layouts, problems = dict(version.layouts), _problems(errors)
        return cls.of(version.summary, layouts=layouts, errors=problems, **fields)


class ChangeResponse(Response):
    """A field that differs."""

    field: str = Field(description="as in the request of a version: `content.de.sms.body`")
    kind: ChangeKind
    diff: str = Field(description="the lines of a unified diff")


class DiffResponse(Response):
    """The differences between two versions. A channel is named with its locale: `de.sms`."""

    model_config = ConfigDict(populate_by_name=True)

    from_: int = Field(serialization_alias="from")
    to: int
    added_locales: list[str]
    removed_locales: list[str]
    added_channels: list[str]
    removed_channels: list[str]
    changes: list[ChangeResponse]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "from": 1,
        "to": 2,
        "added_locales": [],
        "removed_locales": [],
        "added_channels": [],
        "removed_channels": [],
        "changes": [
            {
                "field": "content.en.sms.body",
                "kind": "changed",
                "diff": "@@ -1 +1 @@\n-Your order is on its way.\n+Your order has left us.",
            }
        ],
    }

    @classmethod
    def of_diff(cls, before: int, after: int, diff: TemplateDiff) -> Self:
        """Return the response for the differences between two versions."""
        changes = [ChangeResponse.of(change) for change in diff.changes]
        return cls.of(diff, from_=before, to=after, changes=changes)


class PreviewPartResponse(Response):
    """One message of a preview."""

    channel: str
    locale: str
    title: str
    body: str
    text: str | None = Field(description="plain text of an e-mail; otherwise null")
    extra: dict[str, Any]
    sms: SmsResponse | None = Field(description="null except for SMS")
    html_bytes: int | None = Field(description="null except for e-mail")
    warnings: list[str]

    @classmethod
    def of_part(cls, part: "PreviewPart") -> Self:
        """Return the response for one message."""
        content = part.content
        return cls.of(
            part,
            title=content.title,
            body=content.body,
            text=part.text,
            extra=dict(content.extra),
            sms=SmsResponse.of(part.sms) if part.sms else None,
            warnings=list(part.warnings),
        )


class PreviewResponse(ApiModel):
    """A version as its recipients would get it."""

    version: int
    parts: list[PreviewPartResponse]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "version": 1,
        "parts": [
            {
                "channel": "sms",
                "locale": "en",
                "title": "",
                "body": "Your order A-17 is on its way.",
                "text": None,
                "extra": {},
                "sms": {"encoding": "GSM-7", "characters": 30, "units": 30, "segments": 1},
                "html_bytes": None,
                "warnings": [],
            }
        ],
    }

    @classmethod
    def of_parts(cls, version: int, parts: Sequence["PreviewPart"]) -> Self:
        """Return the response for the messages of a preview."""
        return cls(version=version, parts=[PreviewPartResponse.of_part(part) for part in parts])


def _problems(problems: Iterable[Problem]) -> list[FieldProblem]:
    return [
        FieldProblem(field=error.field, message=error.message) for error in field_errors(problems)
    ]
