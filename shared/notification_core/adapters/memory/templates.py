"""Templates in memory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from threading import RLock

from notification_core.domain.paging import Page
from notification_core.domain.templates import (
    READABLE,
    Template,
    TemplateRef,
    TemplateVersion,
    VersionSummary,
)


class MemoryTemplates:
    """A TemplateStore; `expiring` holds when each version of a removed template expires."""

    def __init__(self) -> None:
        self.stored: dict[str, Template] = {}
        self.stored_versions: dict[TemplateRef, TemplateVersion] = {}
        self.expiring: dict[TemplateRef, datetime] = {}
        self._lock = RLock()

    def heads(self, names: Iterable[str]) -> dict[str, Template]:
        heads = (self.stored.get(name) for name in set(names))
        return {head.name: head for head in heads if head is not None and head.exists}

    def get(self, name: str) -> Template | None:
        return self.stored.get(name)

    def versions(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        return {ref: self.stored_versions[ref] for ref in set(refs) if ref in self.stored_versions}

    def add_version(self, before: Template | None, version: TemplateVersion) -> bool:
        head = Template.created(version) if before is None else before.with_version(version)
        with self._lock:
            if not self._replace(before, head):
                return False
            self.stored_versions[version.ref] = version
        return True

    def save_compiled(self, version: TemplateVersion) -> bool:
        with self._lock:
            stored = self.stored_versions.get(version.ref)
            if stored is None or stored.compiled is not None:
                return False
            self.stored_versions[version.ref] = replace(stored, compiled=version.compiled)
        return True

    def publish(self, before: Template, after: Template) -> bool:
        publication = after.publications[-1]
        ref = TemplateRef(after.name, publication.version)
        with self._lock:
            if not self._replace(before, after):
                return False
            version = self.stored_versions[ref]
            published_at = version.published_at or publication.at
            self.stored_versions[ref] = replace(version, published_at=published_at)
        return True

    def _replace(self, before: Template | None, after: Template) -> bool:
        stored = self.stored.get(after.name)
        if (stored.revision if stored else 0) != (before.revision if before else 0):
            return False
        self.stored[after.name] = replace(after, revision=after.revision + 1)
        return True

    def remove(self, before: Template, after: Template) -> bool:
        with self._lock:
            if not self._replace(before, after):
                return False
            self.expire(after)
        return True

    def expire(self, template: Template) -> None:
        for ref in self.stored_versions:
            if ref.name == template.name and ref.version < template.first:
                self.expiring.setdefault(ref, template.updated_at + READABLE)

    def list_heads(self, limit: int, after: str | None = None) -> Page[Template]:
        names = sorted(name for name in self.stored if after is None or name > after)
        heads = [self.stored[name] for name in names if self.stored[name].exists]
        page = heads[:limit]
        return Page(page, page[-1].name if len(heads) > limit else None)

    def list_versions(
        self, template: Template, limit: int, before: int | None = None
    ) -> Page[VersionSummary]:
        latest = template.latest if before is None else min(before - 1, template.latest)
        refs = [
            TemplateRef(template.name, version) for version in range(latest, template.first - 1, -1)
        ]
        page = [self.stored_versions[ref].summary for ref in refs[:limit]]
        return Page(page, str(page[-1].version) if len(refs) > limit else None)
