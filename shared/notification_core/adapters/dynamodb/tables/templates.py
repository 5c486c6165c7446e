"""Templates in DynamoDB: items for heads and versions, and large contents in S3."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, string
from notification_core.adapters.dynamodb.fast.batch_get import read_keys
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.models import TemplateItem, TemplateVersionItem
from notification_core.adapters.dynamodb.tables.template_items import (
    HEAD,
    LISTED,
    head_item,
    head_of,
    raw_head,
    summary_of,
    version_item,
    version_of,
)
from notification_core.adapters.dynamodb.tables.writes import Transaction, put_if, update_if
from notification_core.adapters.parallel import in_parallel
from notification_core.adapters.template_bodies import (
    EXPIRING,
    INLINE_BYTES,
    S3TemplateBodies,
    VersionCache,
    body_of,
)
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.errors import NotificationError
from notification_core.domain.paging import Page
from notification_core.domain.templates import (
    READABLE,
    Template,
    TemplateRef,
    TemplateVersion,
    VersionSummary,
)

#: Bytes of contents that a process caches, as JSON.
CACHED_BYTES = 16 * 1024 * 1024
PARALLEL = 16


class _Changed(NotificationError):
    """The template has changed since it was read."""


class DynamoTemplates:
    """A TemplateStore.

    Args:
        client: the DynamoDB client.
        bodies: the large contents.
        retention: how long a finished notification is kept.
    """

    def __init__(
        self, client: LowLevelClient, bodies: S3TemplateBodies, retention: timedelta
    ) -> None:
        self._client = client
        self._retention = retention
        self._bodies = bodies
        self._cache = VersionCache(CACHED_BYTES)

    def heads(self, names: Iterable[str]) -> dict[str, Template]:
        keys = [_key(name, HEAD) for name in sorted(set(names))]
        heads = (raw_head(item) for item in self._read(keys))
        return {head.name: head for head in heads if head.exists}

    def get(self, name: str) -> Template | None:
        items = self._read([_key(name, HEAD)])
        return raw_head(items[0]) if items else None

    def _read(self, keys: Sequence[RawItem]) -> list[RawItem]:
        return read_keys(self._client, TemplateItem.Meta.table_name, keys) if keys else []

    def versions(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        wanted = set(refs)
        versions = self._cache.get(wanted)
        items = self._read([_key(*_parts(ref)) for ref in sorted(wanted - versions.keys())])
        for version, size in in_parallel(self._loaded, items, PARALLEL):
            self._cache.add(version, size)
            versions[version.ref] = version
        return versions

    def _loaded(self, item: RawItem) -> tuple[TemplateVersion, int]:
        return version_of(item, self._bodies.get)

    def add_version(self, before: Template | None, version: TemplateVersion) -> bool:
        head = Template.created(version) if before is None else before.with_version(version)
        item = self._stored_body(version)
        transaction = Transaction()
        transaction.put(head_item(head), _is(before), otherwise=_Changed)
        absent = TemplateVersionItem.name.does_not_exist()
        transaction.put(item, absent, otherwise=_Changed)
        try:
            transaction.write()
        except _Changed:
            # The request may have been sent twice, and have succeeded the first time.
            if _is_stored(item):
                return True
            self._remove_body(item)
            return False
        return True

    def save_compiled(self, version: TemplateVersion) -> bool:
        draft = _item(*_parts(version.ref))
        if draft is None or draft.is_compiled:
            return False
        item = self._stored_body(version)
        item.expires_at = draft.expires_at
        # A removal that lets the draft expire in the meantime must not be undone.
        if put_if(item, _is_draft_until(draft.expires_at)):
            self._remove_body(draft)
            return True
        if _is_stored(item):
            return True
        self._remove_body(item)
        return False

    def _stored_body(self, version: TemplateVersion) -> TemplateVersionItem:
        body = body_of(version.document, version.compiled)
        if len(body) <= INLINE_BYTES:
            return version_item(version, body=body)
        return version_item(version, body_key=self._bodies.put(version.ref, body))

    def _remove_body(self, item: TemplateVersionItem) -> None:
        if item.body_key is not None:
            self._bodies.remove(item.body_key)

    def publish(self, before: Template, after: Template) -> bool:
        [*_, publication] = after.publications
        version = TemplateVersionItem(after.name, publication.version)
        transaction = Transaction()
        transaction.put(head_item(after), _is(before), otherwise=_Changed)
        transaction.update(
            version,
            [
                TemplateVersionItem.published_at.set(
                    TemplateVersionItem.published_at | to_epoch_ms(publication.at)
                )
            ],
            TemplateVersionItem.is_compiled == True,  # noqa: E712 - an expression
            otherwise=_Changed,
        )
        try:
            transaction.write()
        except _Changed:
            return self._is_stored(after)
        return True

    def _is_stored(self, head: Template) -> bool:
        return self.get(head.name) == head_of(head_item(head))

    def remove(self, before: Template, after: Template) -> bool:
        if not put_if(head_item(after), _is(before)) and not self._is_stored(after):
            return False
        self.expire(after)
        return True

    def expire(self, template: Template) -> None:
        lasting = TemplateVersionItem.query(
            template.name,
            TemplateVersionItem.version.between(1, template.first - 1),
            filter_condition=TemplateVersionItem.expires_at.does_not_exist(),
            consistent_read=True,
            attributes_to_get=["name", "version", "body_key"],
        )
        expires_at = template.updated_at + self._retention + READABLE
        seconds = int(expires_at.timestamp())
        in_parallel(lambda item: self._expire(item, seconds), list(lasting), PARALLEL)

    def _expire(self, item: TemplateVersionItem, seconds: int) -> None:
        actions = [TemplateVersionItem.expires_at.set(seconds)]
        old = item.body_key
        if old is not None and not old.startswith(EXPIRING):
            actions.append(TemplateVersionItem.body_key.set(self._bodies.copy_to_expire(old)))
        update_if(item, actions, TemplateVersionItem.name.exists())
        if old is not None and not old.startswith(EXPIRING):
            self._bodies.remove(old)

    def list_heads(self, limit: int, after: str | None = None) -> Page[Template]:
        last = {"listed": string(LISTED), **_key(after, HEAD)} if after else None
        entries = TemplateItem.heads.query(LISTED, limit=limit, last_evaluated_key=last)
        names = [entry.name for entry in entries]
        heads = self.heads(names)
        more = entries.last_evaluated_key is not None
        return Page([heads[name] for name in names if name in heads], names[-1] if more else None)

    def list_versions(
        self, template: Template, limit: int, before: int | None = None
    ) -> Page[VersionSummary]:
        latest = template.latest if before is None else min(before - 1, template.latest)
        if latest < template.first:
            return Page([])
        items = TemplateVersionItem.query(
            template.name,
            TemplateVersionItem.version.between(template.first, latest),
            scan_index_forward=False,
            limit=limit,
            consistent_read=True,
        )
        summaries = [summary_of(item) for item in items]
        more = bool(summaries) and summaries[-1].version > template.first
        return Page(summaries, str(summaries[-1].version) if more else None)


def _item(name: str, version: int) -> TemplateVersionItem | None:
    return next(iter(TemplateVersionItem.batch_get([(name, version)], consistent_read=True)), None)


def _is_stored(item: TemplateVersionItem) -> bool:
    stored = _item(item.name, int(item.version))
    return stored is not None and stored.serialize() == item.serialize()


def _is_draft_until(expires_at: float | None) -> Any:
    """Return the condition that the stored version is a draft that expires then, or never."""
    expiry = TemplateVersionItem.expires_at
    unchanged = expiry.does_not_exist() if expires_at is None else expiry == expires_at
    return (TemplateVersionItem.is_compiled == False) & unchanged  # noqa: E712 - an expression


def _parts(ref: TemplateRef) -> tuple[str, int]:
    return ref.name, ref.version


def _key(name: str, version: int) -> RawItem:
    return {"name": string(name), "version": number(version)}


def _is(head: Template | None) -> Any:
    """Return the condition that the stored head is still this one."""
    if head is None:
        return TemplateItem.name.does_not_exist()
    return TemplateItem.revision == head.revision
