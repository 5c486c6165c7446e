"""List templates and their versions, and compare versions."""

from collections.abc import Sequence
from dataclasses import replace

from notification_content.templates.diff import TemplateDiff, diff_of
from notification_content.templates.problems import Problem
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.paging import Page
from notification_core.domain.templates import Template, TemplateVersion, VersionSummary
from notification_core.ports import HasTemplates
from notification_core.usecases.administration.templates import (
    TemplatePorts,
    checked_document,
    get_template,
    get_version,
)

#: Digits of a version's number.
MAX_DIGITS = 9


def list_templates(ports: HasTemplates, limit: int, after: str | None) -> Page[Template]:
    """Return a page of the templates by name."""
    return ports.templates.list_heads(limit, after)


def list_versions(
    ports: HasTemplates, name: str, limit: int, after: str | None
) -> Page[VersionSummary]:
    """Return a page of a template's versions, newest first.

    Raises:
        NotFound: no template has this name.
        InvalidInput: `after` is not a token of this listing.
    """
    if after is not None and not (after.isascii() and after.isdecimal()):
        raise InvalidInput.of("next", "is not a token of this listing")
    before = None if after is None else int(after[:MAX_DIGITS])
    return ports.templates.list_versions(get_template(ports, name), limit, before)


def read_version(
    ports: TemplatePorts, name: str, version: int
) -> tuple[TemplateVersion, Sequence[Problem]]:
    """Return a version of a template, and the errors of a draft, which is checked again.

    Raises:
        NotFound: no template has this name, or the version does not exist.
    """
    head = get_template(ports, name)
    try:
        stored = get_version(ports, head, version)
    except InvalidInput as error:
        raise NotFound(error.fields[0].message) from error
    # A cached version may not know that it has been published since.
    [summary] = ports.templates.list_versions(head, 1, before=version + 1).items
    errors = () if stored.compiled else checked_document(ports, stored.document).errors
    return replace(stored, published_at=summary.published_at), errors


def diff(
    ports: HasTemplates, name: str, before: int | None, after: int | None
) -> tuple[TemplateVersion, TemplateVersion, TemplateDiff]:
    """Return two versions of a template and their differences.

    By default these are the published version and the latest one. While none is published, the
    version before the latest one takes its place.

    Raises:
        NotFound: no template has this name.
        InvalidInput: the template has no such version; the field is `from` or `to`.
    """
    head = get_template(ports, name)
    new = _version(ports, head, head.latest if after is None else after, "to")
    earlier = head.published or max(new.version - 1, head.first)
    old = _version(ports, head, earlier if before is None else before, "from")
    return old, new, diff_of(old.document, new.document)


def _version(ports: HasTemplates, head: Template, version: int, field: str) -> TemplateVersion:
    try:
        return get_version(ports, head, version)
    except InvalidInput as error:
        raise InvalidInput.of(field, error.fields[0].message) from error
