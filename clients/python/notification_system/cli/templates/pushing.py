"""Stores one template in a deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from notification_system.cli.formatting import plain
from notification_system.cli.session import Session
from notification_system.cli.templates.diffs import print_diff
from notification_system.cli.templates.file_problems import FileProblem
from notification_system.cli.templates.files import TemplateFiles
from notification_system.cli.templates.locating import located_field
from notification_system.cli.templates.output import print_problems
from notification_system.cli.templates.stored import (
    StoredTemplate,
    head_of,
    outdated_layouts,
    stored_version,
)
from notification_system.cli.templates.workspace import Workspace
from notification_system.cli.templates.writing import file_contents
from notification_system.requests import path_of


@dataclass(frozen=True)
class Push:
    """The options of `notify templates push`."""

    dry_run: bool
    publish: bool
    note: str | None


def push_template(
    session: Session, workspace: Workspace, name: str, options: Push
) -> Mapping[str, Any]:
    """Check a template, store it if it has changed, and publish it if that is wanted.

    Returns:
        The name and the `result`: `failed`, `unchanged`, `changed` (a dry run), `stored` or
        `published`; with the `version` if there is one, and the `problems` if there are any.

    Raises:
        CliError: there is no such template, or the deployment refuses it.
    """
    checked = workspace.check(name)
    if checked.errors or checked.document is None or checked.files is None:
        return _failed(session, name, list(checked.problems))
    change = _change(session, checked.files, checked.document.as_fields())
    if not session.json:
        _show(session, checked.files, change)
    latest = change.before.version if change.before else None
    if options.dry_run:
        return _told(session, name, "changed" if change.is_one else "unchanged", latest)
    if change.is_one:
        latest, problems = _store(session, checked.files, change.fields, options.note)
        if problems:
            _suggest_layouts(session, checked.document.layouts)
            return _failed(session, name, problems)
    elif not options.publish or change.published == latest:
        return _told(session, name, "unchanged", latest)
    if options.publish:
        note = {"note": options.note} if options.note else {}
        body = {"version": latest, **note}
        session.request("POST", path_of("/templates/{}/publish", name), body)
    return _told(session, name, "published" if options.publish else "stored", latest)


@dataclass(frozen=True)
class _Change:
    """What a push would change.

    Attributes:
        before: the latest version of the deployment.
        published: the number of the published version.
        fields: those of the files.
        outdated: the layouts that were published again.
    """

    before: StoredTemplate | None
    published: int | None
    fields: Mapping[str, Any]
    outdated: Sequence[str]

    @property
    def differs(self) -> bool:
        """Whether the files differ from the latest version."""
        return self.before is None or self.before.fields != self.fields

    @property
    def is_one(self) -> bool:
        """Whether there is a reason for a new version; a draft with errors may be valid by now."""
        return (
            self.before is None
            or self.differs
            or not self.before.is_compiled
            or bool(self.outdated)
        )


def _change(session: Session, files: TemplateFiles, fields: Mapping[str, Any]) -> _Change:
    head = head_of(session, files.name)
    if head is None:
        return _Change(None, None, fields, ())
    before = stored_version(session, files.name, head["latest"])
    return _Change(before, head["published"], fields, outdated_layouts(session, before))


def _show(session: Session, files: TemplateFiles, change: _Change) -> None:
    before = change.before
    if before is None:
        session.out.print(Text(f"{files.name} is new:"))
        for name, _ in file_contents(change.fields):
            session.out.print(Text(f"  {files.folder.as_posix()}/{name}"), soft_wrap=True)
    elif change.differs:
        label = f"{files.name}@{before.version}"
        print_diff(session, label, before.fields, files.folder.as_posix(), change.fields)
    for layout in change.outdated:
        session.out.print(Text(f"The layout {layout}."))


def _suggest_layouts(session: Session, layouts: Sequence[str]) -> None:
    """Print how to publish the layouts that the deployment lacks."""
    missing = [
        layout
        for layout in layouts
        if (head := head_of(session, layout)) is None or head["published"] is None
    ]
    if missing and not session.json:
        words = ("templates", "push", *missing, "--publish")
        session.err.print("The deployment lacks a layout. To publish it, run:")
        session.err.print(Text(f"  {plain(session.deployment.notify(*words))}"), soft_wrap=True)


def _store(
    session: Session, files: TemplateFiles, fields: Mapping[str, Any], note: str | None
) -> tuple[int, list[FileProblem]]:
    """Store a version; return its number, and why it cannot be used."""
    note = note or files.fields.get("note")
    body = {**fields, "note": note} if note else fields
    stored = session.request("PUT", path_of("/templates/{}", files.name), body)
    problems = [
        located_field(files, error["field"], error["message"]) for error in stored["errors"]
    ]
    return stored["version"], problems


def _failed(session: Session, name: str, problems: list[FileProblem]) -> Mapping[str, Any]:
    if not session.json:
        print_problems(session, problems)
        session.out.print(Text(f"{name} has errors; nothing was published.", style="red"))
    listed = [problem.as_json() for problem in problems]
    return {"name": name, "result": "failed", "version": None, "problems": listed}


def _told(session: Session, name: str, result: str, version: int | None) -> Mapping[str, Any]:
    if not session.json:
        sentences = {
            "unchanged": f"{name}@{version} is unchanged.",
            "changed": f"{name} would be stored as version {(version or 0) + 1}.",
            "stored": f"{name}@{version} is stored. To publish it, run:",
            "published": f"{name}@{version} is published.",
        }
        session.out.print(Text(sentences[result]))
        if result == "stored":
            session.print_command(session.deployment.notify("templates", "publish", name))
    return {"name": name, "result": result, "version": version, "problems": []}
