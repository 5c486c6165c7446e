"""Reads the versions of templates of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notification_content.templates.document import TemplateDocument
from notification_system.cli.errors import CliError
from notification_system.cli.session import Session
from notification_system.requests import path_of

#: The fields of a version that make its document.
FIELDS = (
    "category",
    "default_locale",
    "schema",
    "content",
    "partial",
    "examples",
    "max_segments",
)


def head_of(session: Session, name: str) -> Mapping[str, Any] | None:
    """Return a template's head; None if the deployment has no such template. Raises CliError."""
    try:
        head: Mapping[str, Any] = session.request("GET", path_of("/templates/{}", name))
    except CliError as error:
        if error.code == "not-found":
            return None
        raise
    return head


@dataclass(frozen=True)
class StoredTemplate:
    """A version of a template in a deployment.

    Attributes:
        fields: as `TemplateDocument.as_fields` returns them.
        layouts: the version of each layout that it contains.
        is_compiled: whether it passed its checks, so that it can be published.
    """

    version: int
    fields: Mapping[str, Any]
    layouts: Mapping[str, int]
    is_compiled: bool


def stored_version(session: Session, name: str, version: int) -> StoredTemplate:
    """Return a version of a template. Raises CliError."""
    stored = session.request("GET", path_of(f"/templates/{{}}/versions/{version}", name))
    document = TemplateDocument.of({key: stored[key] for key in FIELDS})
    return StoredTemplate(
        version, document.as_fields(), stored["layouts"], bool(stored["is_compiled"])
    )


def outdated_layouts(session: Session, stored: StoredTemplate) -> list[str]:
    """Return the layouts that were published again since a version was stored. Raises CliError."""
    outdated = []
    for name, version in stored.layouts.items():
        head = head_of(session, name)
        if head is not None and head["published"] not in {None, version}:
            outdated.append(f"{name}@{version} is now {name}@{head['published']}")
    return outdated
