"""Templates: a head that names the published version, and versions that never change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import NAME, TemplateDocument
from notification_core.domain.errors import InvalidInput

MAX_NOTE = 200  #: characters

#: A reference: a name, and optionally a version.
_REFERENCE = re.compile(rf"({NAME.pattern})(?:@([1-9]\d{{0,8}}))?", re.ASCII)

#: The number of publications that a head remembers. With the longest notes a head stays under 4 KB,
#: so that reading it costs one read unit.
PUBLICATIONS = 10

#: How long the versions of a removed template stay readable, in addition to the retention of a
#: finished notification. A request that read the template just before its removal may have created
#: a notification for a year later. Large contents are kept five days longer, because DynamoDB may
#: delete an expired item late.
READABLE = timedelta(days=405)


@dataclass(frozen=True, slots=True, order=True)
class TemplateRef:
    """One version of a template, printed as `order-shipped@7`."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @classmethod
    def of(cls, text: str) -> Self:
        """Parse the printed form. Raises ValueError: the text is not a reference to a version."""
        name, version = parse_reference(text)
        if version is None:
            raise ValueError(f"{text} names no version")
        return cls(name, version)


def parse_reference(text: str, field: str = "template") -> tuple[str, int | None]:
    """Return the name in a reference, and the version if it names one.

    Raises:
        InvalidInput: the text is neither `name` nor `name@version`; `field` is the field's name.
    """
    parts = _REFERENCE.fullmatch(text)
    if parts is None:
        raise InvalidInput.of(field, "must be a template's name, or name@version: order-shipped@7")
    return parts[1], int(parts[2]) if parts[2] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A version was made the published one."""

    version: int
    author: str  #: the ARN of the caller
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The head of a template: which versions it has, and which of them is published.

    The versions `first` to `latest` exist. A removed template has none, but its head stays, so that
    a template which is created again under the name continues the numbers: a reference with a
    version never means another text.
    """

    name: str
    #: Of the published version; of the latest one while none is published. For lists: the category
    #: of a notification is that of its version.
    category: str | None
    published: int | None
    latest: int
    first: int = 1
    publications: tuple[Publication, ...] = ()  #: the last ones, oldest first
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time the head is stored

    @property
    def exists(self) -> bool:
        """Whether the template has versions, which means that it was not removed."""
        return self.first <= self.latest

    def has(self, version: int) -> bool:
        """Whether a version exists and may be used."""
        return self.first <= version <= self.latest

    @classmethod
    def created(cls, version: "TemplateVersion") -> Self:
        """Return the head of a new template with its first version."""
        return cls(
            name=version.name,
            category=version.document.category,
            published=None,
            latest=version.version,
            first=version.version,
            created_at=version.created_at,
            updated_at=version.created_at,
        )

    def with_version(self, version: "TemplateVersion") -> Self:
        """Return the head with one more version; a removed template is created again."""
        if not self.exists:
            return replace(self.created(version), revision=self.revision)
        category = version.document.category if self.published is None else self.category
        now = version.created_at
        return replace(self, latest=version.version, category=category, updated_at=now)

    def with_publication(self, publication: Publication, category: str | None) -> Self:
        """Return the head with another published version, whose category is given."""
        return replace(
            self,
            category=category,
            published=publication.version,
            publications=(*self.publications, publication)[-PUBLICATIONS:],
            updated_at=publication.at,
        )

    def removed(self, now: datetime) -> Self:
        """Return the head that remains of a removed template."""
        return replace(self, published=None, first=self.latest + 1, publications=(), updated_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
    """A version of a template without its content."""

    name: str
    version: int
    digest: str  #: of the document
    is_compiled: bool  #: it has passed its checks and can be published and used
    author: str  #: the ARN of the caller
    note: str
    created_at: datetime
    published_at: datetime | None = None  #: when it was published first


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """A version of a template.

    It never changes once it is compiled, apart from `published_at`, which may be outdated in a
    version that was read some time ago. A draft whose checks found errors is not compiled.
    """

    name: str
    version: int
    document: TemplateDocument
    compiled: CompiledTemplate | None
    author: str  #: the ARN of the caller
    note: str
    created_at: datetime
    published_at: datetime | None = None  #: when it was published first

    @property
    def ref(self) -> TemplateRef:
        """The reference to this version."""
        return TemplateRef(self.name, self.version)

    @property
    def summary(self) -> VersionSummary:
        """The version without its content."""
        return VersionSummary(
            name=self.name,
            version=self.version,
            digest=self.document.digest,
            is_compiled=self.compiled is not None,
            author=self.author,
            note=self.note,
            created_at=self.created_at,
            published_at=self.published_at,
        )

    @property
    def layouts(self) -> Mapping[str, int]:
        """The versions of the layouts that it was compiled with, by their names."""
        layouts = {} if self.compiled is None else self.compiled.layouts
        return {name: version for name, version in layouts.items() if version is not None}
