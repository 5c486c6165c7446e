"""Stores one template in a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from notification_system.cli.session import Session
from notification_system.cli.templates.diffs import print_diff
from notification_system.cli.templates.file_problems import FileProblem
from notification_system.cli.templates.files import TemplateFiles
from notification_system.cli.templates.locating import located_field
from notification_system.cli.templates.output import print_problems
from notification_system.cli.templates.stored import head_of, stored_fields
from notification_system.cli.templates.workspace import Workspace
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
    fields = checked.document.as_fields()
    head = head_of(session, name)
    latest = head["latest"] if head else None
    before = stored_fields(session, name, latest) if latest else None
    changed = before != fields
    if changed and not session.json:
        label = f"{name}@{latest}" if latest else "/dev/null"
        print_diff(session, label, before, checked.files.folder.as_posix(), fields)
    if options.dry_run or not (changed or (options.publish and head and not _is_live(head))):
        return _told(session, name, "changed" if changed else "unchanged", latest)
    if changed:
        latest, problems = _store(session, checked.files, fields, options.note)
        if problems:
            return _failed(session, name, problems)
    if options.publish:
        note = {"note": options.note} if options.note else {}
        body = {"version": latest, **note}
        session.request("POST", path_of("/templates/{}/publish", name), body)
    return _told(session, name, "published" if options.publish else "stored", latest)


def _is_live(head: Mapping[str, Any]) -> bool:
    return bool(head["published"] == head["latest"])


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
    found = [problem.as_json() for problem in problems]
    return {"name": name, "result": "failed", "version": None, "problems": found}


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
