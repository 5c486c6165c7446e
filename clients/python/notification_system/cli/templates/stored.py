"""Reads the versions of templates of a deployment."""

from collections.abc import Mapping
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
        if error.code == "template-not-found":
            return None
        raise
    return head


def stored_fields(session: Session, name: str, version: int) -> Mapping[str, Any]:
    """Return the fields of a version, as `TemplateDocument.as_fields`. Raises CliError."""
    stored = session.request("GET", path_of(f"/templates/{{}}/versions/{version}", name))
    return TemplateDocument.of({key: stored[key] for key in FIELDS if key in stored}).as_fields()


def latest_fields(session: Session, name: str) -> tuple[int, Mapping[str, Any]] | None:
    """Return the number and the fields of the latest version; None if there is no such template."""
    head = head_of(session, name)
    return None if head is None else (head["latest"], stored_fields(session, name, head["latest"]))
