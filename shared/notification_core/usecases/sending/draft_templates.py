"""The versions of the templates that drafts name, each read once for all drafts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from notification_core.domain.addresses import MAX_USER
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput
from notification_core.domain.template_use import TemplateUse
from notification_core.domain.templates import (
    Template,
    TemplateRef,
    TemplateVersion,
    parse_reference,
)
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import HasTemplates, HasUserSettings
from notification_core.usecases.sending.draft import Draft, user_of

if TYPE_CHECKING:
    from notification_core.usecases.sending.template_contents import TemplateContents

FIELD = "template"


class DraftTemplatePorts(HasTemplates, HasUserSettings, Protocol):
    """The ports that these use cases need."""


class DraftTemplates:
    """The versions of templates for drafts: the one that a draft names, or the published one.

    The heads are read once, so that all drafts of a batch get the same version.

    Args:
        ports: the ports of the use case.
        drafts: all drafts, also those without a template.
        users: the users of the stored records that the drafts may reach.
    """

    def __init__(
        self, ports: DraftTemplatePorts, drafts: Sequence[Draft], users: Collection[str]
    ) -> None:
        self._ports, self._drafts, self._users = ports, drafts, users
        named = [draft.template for draft in drafts if draft.template is not None]
        self._references = dict(_parsed(named))
        names = {name for name, _ in self._references.values()}
        self._heads = ports.templates.heads(names) if names else {}
        refs = {ref for ref in map(self._ref, self._references) if ref is not None}
        self._versions = ports.templates.versions(refs) if refs else {}

    def contents(self, draft: Draft, lead: Content | None = None) -> "TemplateContents":
        """Return the contents of a draft with a template.

        With the content of the first notification of a repeated request, `lead`, they have the
        version that was pinned then.

        Raises:
            InvalidInput: the template cannot be used, or the data does not fit it.
        """
        # Imported here, because many requests use no template.
        from notification_core.usecases.sending.template_contents import (  # noqa: PLC0415
            TemplateContents,
        )

        pinned = lead.template if lead is not None else None
        version = self._pinned(pinned) if pinned else self._version(draft.template or "")
        return TemplateContents(draft, version, self._settings)

    @cached_property
    def _settings(self) -> Mapping[str, UserSettings]:
        """The settings of all users whom the drafts may reach."""
        named = {user_of(entry) for draft in self._drafts for entry in draft.to or ()}
        users = {user for user in {*self._users, *named} if user.strip() and len(user) <= MAX_USER}
        return self._ports.user_settings.get(users)

    def _version(self, reference: str) -> TemplateVersion:
        """Return the version for a draft's `template`, which has passed its checks.

        Raises:
            InvalidInput: it names the remedy.
        """
        name, number = self._references.get(reference) or parse_reference(reference)
        head = self._heads.get(name)
        if head is None:
            raise InvalidInput.of(
                FIELD, f"there is no template {name}; create it, or correct the name"
            )
        ref = self._ref(reference)
        if ref is None:
            raise InvalidInput.of(FIELD, _no_version(head, number))
        version = self._versions.get(ref)
        if version is None:
            raise InvalidInput.of(FIELD, f"{ref} is no longer stored; name another version")
        if version.compiled is None:
            raise InvalidInput.of(
                FIELD,
                f"{ref} has errors and cannot be sent; GET /templates/{name}/versions/{ref.version}"
                " lists them",
            )
        if version.document.is_layout:
            raise InvalidInput.of(
                FIELD, f"{name} is a layout, which other templates use; name one of those"
            )
        return version

    def _pinned(self, use: TemplateUse) -> TemplateVersion:
        version = self._ports.templates.versions([use.ref]).get(use.ref)
        if version is None or version.compiled is None:
            raise InvalidInput.of(FIELD, f"{use.ref} is no longer stored")
        return version

    def _ref(self, reference: str) -> TemplateRef | None:
        """Return the version that a reference means; None if it does not exist."""
        name, number = self._references[reference]
        head = self._heads.get(name)
        if head is None:
            return None
        version = head.published if number is None else number
        return TemplateRef(name, version) if version is not None and head.has(version) else None


def _parsed(references: Iterable[str]) -> Iterable[tuple[str, tuple[str, int | None]]]:
    """Yield the parts of each well-formed reference; a malformed one fails with its draft."""
    for reference in references:
        try:
            yield reference, parse_reference(reference)
        except InvalidInput:
            continue


def _no_version(head: Template, number: int | None) -> str:
    if number is None:
        return (
            f"{head.name} has no published version; publish one with POST"
            f" /templates/{head.name}/publish, or name a version: {head.name}@{head.latest}"
        )
    return f"{head.name}@{number} does not exist; the latest version is {head.name}@{head.latest}"
