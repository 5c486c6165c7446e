"""Store versions of templates, publish them, and remove templates."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import NAME, TemplateDocument
from notification_content.templates.problems import Problem
from notification_core.domain.errors import FieldError, InvalidInput, NotFound
from notification_core.domain.templates import (
    Publication,
    Template,
    TemplateRef,
    TemplateVersion,
)
from notification_core.domain.transitions import Conflict
from notification_core.ports import HasClock, HasModules, HasTemplates
from notification_core.usecases.conflicts import retry_on_conflict

if TYPE_CHECKING:
    from notification_content.templates.checks import CheckResult

#: How often a write is attempted while others change the template: more than there are authors who
#: push the same template at the same moment.
ATTEMPTS = 20

#: Characters of a compiled version. Each container that uses the version holds it in memory.
MAX_COMPILED = 4_000_000


class TemplatePorts(HasClock, HasModules, HasTemplates, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """The result of storing a version. A version with `errors` cannot be published or used."""

    version: TemplateVersion
    is_new: bool  #: false if the latest version already had this document
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def put_version(
    ports: TemplatePorts, name: str, document: TemplateDocument, *, author: str, note: str = ""
) -> StoredVersion:
    """Store a document as the next version of a template, unless the latest version equals it.

    The latest version differs also if one of its layouts has been published again since.

    Raises:
        InvalidInput: the name is not that of a template.
    """
    check_name(name)
    checked = checked_document(ports, document)

    def step() -> StoredVersion:
        head = ports.templates.get(name)
        latest = _latest(ports, head)
        is_new = latest is None or not _is_same(latest, document, checked)
        if latest is None or is_new:
            latest = TemplateVersion(
                name=name,
                version=head.latest + 1 if head else 1,
                document=document,
                compiled=checked.compiled,
                author=author,
                note=note,
                created_at=ports.clock(),
            )
            if not ports.templates.add_version(head, latest):
                raise Conflict
        elif latest.compiled is None:
            latest = _compiled(ports, latest, checked)
        return StoredVersion(
            version=latest, is_new=is_new, errors=checked.errors, warnings=checked.warnings
        )

    return retry_on_conflict(step, ATTEMPTS)


def publish(
    ports: TemplatePorts, name: str, version: int | None, *, author: str, note: str = ""
) -> Template:
    """Make a version, or the latest one, the published version, and return the head.

    If it is published already, nothing changes.

    Raises:
        NotFound: no template has this name.
        InvalidInput: the template has no such version, or its checks found errors.
    """

    def step() -> Template:
        head = get_template(ports, name)
        publishable = _publishable(ports, head, head.latest if version is None else version)
        if head.published == publishable.version:
            return head
        publication = Publication(
            version=publishable.version, author=author, note=note, at=ports.clock()
        )
        after = head.with_publication(publication, publishable.document.category)
        if not ports.templates.publish(head, after):
            raise Conflict
        return replace(after, revision=after.revision + 1)

    return retry_on_conflict(step, ATTEMPTS)


def get_template(ports: HasTemplates, name: str) -> Template:
    """Return the head of a template.

    Raises:
        NotFound: no template has this name, or it was removed.
    """
    head = ports.templates.get(name) if NAME.fullmatch(name) else None
    if head is None or not head.exists:
        raise NotFound(f"there is no template {name}")
    return head


def get_version(ports: HasTemplates, head: Template, version: int) -> TemplateVersion:
    """Return a version of a template.

    Raises:
        InvalidInput: the template has no such version; the error names the versions.
    """
    ref = TemplateRef(head.name, version)
    stored = ports.templates.versions([ref]).get(ref) if head.has(version) else None
    if stored is None:
        versions = f"{head.first} to {head.latest}" if head.first < head.latest else head.latest
        raise InvalidInput.of("version", f"{head.name} has no version {version}; it has {versions}")
    return stored


def check_name(name: str) -> None:
    """Check that a text can be the name of a template. Raises InvalidInput."""
    if not NAME.fullmatch(name):
        message = "must be 1 to 64 lower-case letters, digits or hyphens, not a hyphen first"
        raise InvalidInput.of("name", message)


def checked_document(ports: TemplatePorts, document: TemplateDocument) -> "CheckResult":
    """Check a document, and compile it with the published versions of its layouts."""
    # Imported here, because most requests check no template.
    from notification_content.templates.checks import check  # noqa: PLC0415

    layouts = published_layouts(ports, document)
    checked = check(
        document,
        {layout.name: layout.document for layout in layouts},
        mandatory=is_mandatory(ports, document.category),
        versions={layout.name: layout.version for layout in layouts},
    )
    size = _size_of(checked.compiled) if checked.compiled is not None else 0
    if size <= MAX_COMPILED:
        return checked
    message = f"has {size:,} characters with its layouts; at most {MAX_COMPILED:,} are allowed"
    return replace(checked, compiled=None, errors=(Problem(message, part="content"),))


def published_layouts(ports: HasTemplates, document: TemplateDocument) -> list[TemplateVersion]:
    """Return the published version of each layout of a document that has one."""
    heads = ports.templates.heads(document.layouts).values()
    refs = [TemplateRef(head.name, head.published) for head in heads if head.published is not None]
    return list(ports.templates.versions(refs).values())


def is_mandatory(ports: HasModules, category: str | None) -> bool:
    """Whether users cannot opt out of a category."""
    return any(category in module.mandatory_categories for module in ports.modules.recent())


def field_errors(problems: Iterable[Problem]) -> tuple[FieldError, ...]:
    """Return problems of a template as errors of the fields of a request."""
    return tuple(FieldError(problem.field, str(problem)) for problem in problems)


def invalid_template(detail: str, problems: Iterable[Problem]) -> InvalidInput:
    """Return the error of a request whose template has problems; `errors` lists each of them."""
    return InvalidInput(detail, field_errors(problems))


def _size_of(compiled: CompiledTemplate) -> int:
    """Return the characters of all parts."""
    return sum(
        len(part)
        for channels in compiled.content.values()
        for parts in channels.values()
        for part in parts.values()
        if isinstance(part, str)
    )


def _is_same(version: TemplateVersion, document: TemplateDocument, checked: "CheckResult") -> bool:
    """Whether a version has this document, and the layouts that are published now."""
    if version.document.digest != document.digest:
        return False
    if version.compiled is None or checked.compiled is None:
        return True
    return version.compiled.layouts == checked.compiled.layouts


def _latest(ports: HasTemplates, head: Template | None) -> TemplateVersion | None:
    return get_version(ports, head, head.latest) if head and head.exists else None


def _publishable(ports: TemplatePorts, head: Template, version: int) -> TemplateVersion:
    """Return a version that has passed its checks. A draft is checked now."""
    stored = get_version(ports, head, version)
    if stored.compiled is not None:
        return stored
    checked = checked_document(ports, stored.document)
    if checked.errors:
        count = len(checked.errors)
        detail = f"{stored.ref} has {count} error{'s' if count > 1 else ''}; correct the template"
        raise invalid_template(detail, checked.errors)
    return _compiled(ports, stored, checked)


def _compiled(
    ports: HasTemplates, draft: TemplateVersion, checked: "CheckResult"
) -> TemplateVersion:
    """Store the compiled form of a draft, if its checks found no errors."""
    if checked.compiled is None:
        return draft
    compiled = replace(draft, compiled=checked.compiled)
    if not ports.templates.save_compiled(compiled):
        raise Conflict  # another caller has compiled it, perhaps with other layouts
    return compiled
