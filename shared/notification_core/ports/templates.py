"""The store of templates."""

from collections.abc import Iterable
from typing import Protocol

from notification_core.domain.paging import Page
from notification_core.domain.templates import (
    Template,
    TemplateRef,
    TemplateVersion,
    VersionSummary,
)


class TemplateStore(Protocol):
    """Templates: a head for each, and its versions.

    A head is stored under its next `revision`. A write returns false if the stored revision is not
    that of `before`, because another caller has changed the template; an identical write that an
    earlier attempt has stored counts as stored.
    """

    def heads(self, names: Iterable[str]) -> dict[str, Template]:
        """Return the templates that exist (strongly consistent): a publication counts at once."""
        ...

    def get(self, name: str) -> Template | None:
        """Return the head with this name, also that of a removed template (`exists` is false)."""
        ...

    def versions(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        """Return the versions that are stored, also those of removed templates until they expire.

        Compiled versions are cached in the process, because they do not change.
        """
        ...

    def add_version(self, before: Template | None, version: TemplateVersion) -> bool:
        """Store a version and the head `before.with_version`, or a new head, both or neither."""
        ...

    def save_compiled(self, version: TemplateVersion) -> bool:
        """Store the compiled form of a draft.

        Return false if the version has been compiled meanwhile or no longer exists; read it again.
        """
        ...

    def publish(self, before: Template, after: Template) -> bool:
        """Store a head with another published version, and note the time in that version."""
        ...

    def remove(self, before: Template, after: Template) -> bool:
        """Store the head of a removed template, and let its versions expire, as `expire`."""
        ...

    def expire(self, template: Template) -> None:
        """Let the versions of a removed template expire that do not expire yet.

        They stay readable until the last notification that may refer to them has expired: see
        `READABLE`. A removal that was interrupted is completed by this call.
        """
        ...

    def list_heads(self, limit: int, after: str | None = None) -> Page[Template]:
        """List the templates by name; the token is the name of the last one on the page.

        The list may lack a template that was created a moment ago.
        """
        ...

    def list_versions(
        self, template: Template, limit: int, before: int | None = None
    ) -> Page[VersionSummary]:
        """List the versions of a template, newest first, from `before` on, which is excluded.

        The token is the number of the last version on the page.
        """
        ...
