"""`notify redrive`."""

from datetime import datetime
from typing import Annotated, Any

import typer

from notification_system.cli.formatting import pluralize
from notification_system.cli.jobs import format_counts, wait_for_job
from notification_system.cli.options import command
from notification_system.cli.session import Session

LABELS = {
    "found": "found",
    "redriven": "retried",
    "not_failed": "not failed: sent, waiting, or ended on purpose",
    "unknown_id": "unknown ids",
    "possibly_sent": "possibly sent already (--include-uncertain)",
    "opted_out": "the user has opted out",
    "no_active_record": "the address is switched off or deleted",
    "expired": "expired",
    "undeployed": "the target's handler is not deployed",
    "moved": "changed in the meantime",
}

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Ids of notifications; or pass a filter.")
]
Statuses = Annotated[list[str] | None, typer.Option(help="Only with this status; repeatable.")]
Since = Annotated[
    str | None, typer.Option(help="Only failures since then: 2h, yesterday, or a time.")
]
Uncertain = Annotated[
    bool, typer.Option("--include-uncertain", help="Include possibly sent ones: may send twice.")
]
Attempts = Annotated[int | None, typer.Option(min=1, help="Attempts of each, from now on.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "redrive", "Notifications")(redrive)


def redrive(
    session: Session,
    ids: Ids = None,
    target: Annotated[str | None, typer.Option(help="Only failures of this target.")] = None,
    code: Annotated[str | None, typer.Option(help="Only with this error code.")] = None,
    status: Statuses = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="Only failures until then; as --since.")] = None,
    include_uncertain: Uncertain = False,
    rate: Annotated[float | None, typer.Option(help="Notifications a second at most.")] = None,
    max_retries: Attempts = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count without retrying.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Retry failed notifications: count them, ask for confirmation, then retry them.

    Consent, addresses and expiry are checked again. Sent notifications are not sent twice.
    """
    request: dict[str, Any] = {
        "ids": ids or None,
        "error_code": code,
        "statuses": [name.upper().replace("_", " ") for name in status] if status else None,
        "since": _iso(session.past_time(since, "--since")),
        "until": _iso(session.past_time(until, "--until")),
        "include_uncertain": include_uncertain or None,
        "max_per_second": rate,
        "max_retries": max_retries,
    }
    _check(request, target)
    request["target"] = session.target_name(target) if target is not None else None
    request = {name: value for name, value in request.items() if value is not None}
    _redrive(session, request, dry_run=dry_run, yes=yes)


def _redrive(session: Session, request: dict[str, Any], *, dry_run: bool, yes: bool) -> None:
    preview = _run(session, request, dry_run=True)
    counts = preview["counts"]
    ready = counts.get("redriven", 0)
    if dry_run or not ready:
        _answer(session, preview, "would be retried")
        return
    if not yes:
        session.err.print(format_counts(counts, LABELS | {"redriven": "can be retried"}))
        session.confirm(f"Retry {pluralize(ready, 'notification')}?")
    job = _run(session, request, dry_run=False, total=counts.get("found", 0))
    _answer(session, job, "retried")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _check(request: dict[str, Any], target: str | None) -> None:
    filters = [request[name] for name in ("error_code", "statuses", "since", "until")]
    filters.append(target)
    if (request["ids"] is not None) == any(value is not None for value in filters):
        raise typer.BadParameter(
            "pass either ids or a filter: --target, --code, --status, --since, --until",
            param_hint="ID",
        )


def _run(session: Session, request: Any, *, dry_run: bool, total: int | None = None) -> Any:
    job = session.request("POST", "/notifications/redrive", request | {"dry_run": dry_run})
    return wait_for_job(session, job, "counting" if dry_run else "retrying", total)


def _answer(session: Session, job: dict[str, Any], redriven: str) -> None:
    if session.json:
        session.print_json(job)
    elif any(job["counts"].values()):
        session.out.print(format_counts(job["counts"], LABELS | {"redriven": redriven}))
    else:
        session.out.print("No matching notifications have failed.")
