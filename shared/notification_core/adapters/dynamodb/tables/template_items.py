"""Conversions between templates and items."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

from notification_core.adapters.dynamodb.fast.attributes import RawItem
from notification_core.adapters.dynamodb.models import TemplateItem, TemplateVersionItem
from notification_core.adapters.template_bodies import content_of
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.templates import (
    Publication,
    Template,
    TemplateVersion,
    VersionSummary,
)

#: The `version` of a head.
HEAD = 0
#: The partition of the index of heads.
LISTED = "template"


def head_item(head: Template) -> TemplateItem:
    """Return a head as it is stored: under the next revision."""
    publications = [
        [publication.version, publication.author, publication.note, to_epoch_ms(publication.at)]
        for publication in head.publications
    ]
    return TemplateItem(
        head.name,
        HEAD,
        listed=LISTED if head.exists else None,
        category=head.category,
        published=head.published,
        first=head.first,
        latest=head.latest,
        publications=json.dumps(publications, ensure_ascii=False, separators=(",", ":")),
        created_at=to_epoch_ms(head.created_at),
        updated_at=to_epoch_ms(head.updated_at),
        revision=head.revision + 1,
    )


def head_of(item: TemplateItem) -> Template:
    """Return the head in an item."""
    return _head(item.attribute_values)


def raw_head(item: RawItem) -> Template:
    """Return the head in an item of the low-level client."""
    return _head(_values(item))


def _head(values: dict[str, Any]) -> Template:
    published = values.get("published")
    return Template(
        name=values["name"],
        category=values.get("category"),
        published=None if published is None else int(published),
        first=int(values["first"]),
        latest=int(values["latest"]),
        publications=tuple(
            Publication(version=version, author=author, note=note, at=from_epoch_ms(at))
            for version, author, note, at, *_ in json.loads(values["publications"])
        ),
        created_at=from_epoch_ms(int(values["created_at"])),
        updated_at=from_epoch_ms(int(values["updated_at"])),
        revision=int(values["revision"]),
    )


def version_item(
    version: TemplateVersion, *, body: bytes | None = None, body_key: str | None = None
) -> TemplateVersionItem:
    """Return a version as it is stored, with its content or the key of its content."""
    published_at = version.published_at
    return TemplateVersionItem(
        version.name,
        version.version,
        digest=version.document.digest,
        is_compiled=version.compiled is not None,
        body=body,
        body_key=body_key,
        author=version.author,
        note=version.note,
        created_at=to_epoch_ms(version.created_at),
        published_at=None if published_at is None else to_epoch_ms(published_at),
    )


def version_of(item: RawItem, body_of: Callable[[str], bytes]) -> tuple[TemplateVersion, int]:
    """Return the version in an item of the low-level client, and the bytes of its content.

    `body_of` returns the content with a key.
    """
    values = _values(item)
    body = body_of(values["body_key"]) if "body_key" in values else values["body"]
    text = gzip.decompress(body)
    document, compiled = content_of(text)
    published_at = values.get("published_at")
    version = TemplateVersion(
        name=values["name"],
        version=int(values["version"]),
        document=document,
        compiled=compiled,
        author=values["author"],
        note=values["note"],
        created_at=from_epoch_ms(int(values["created_at"])),
        published_at=None if published_at is None else from_epoch_ms(int(published_at)),
    )
    return version, len(text)


def summary_of(item: TemplateVersionItem) -> VersionSummary:
    """Return the version in an item, without its content."""
    return VersionSummary(
        name=item.name,
        version=int(item.version),
        digest=item.digest,
        is_compiled=item.is_compiled,
        author=item.author,
        note=item.note,
        created_at=from_epoch_ms(item.created_at),
        published_at=from_epoch_ms(item.published_at) if item.published_at else None,
    )


def _values(item: RawItem) -> dict[str, Any]:
    return {name: _value(*next(iter(value.items()))) for name, value in item.items()}


def _value(kind: str, value: Any) -> Any:
    # botocore decodes binary values, and our own client does not.
    return base64.b64decode(value) if kind == "B" and isinstance(value, str) else value
