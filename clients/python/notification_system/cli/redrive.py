"""`notify redrive`."""

from typing import Annotated, Any

import typer

from notification_system.cli.formatting import counted
from notification_system.cli.jobs import followed, said
from notification_system.cli.session import Session, command

WORDS = {
    "found": "found",
    "redriven": "tried again",
    "not_failed": "not failed: they went, wait, or were ended on purpose",
    "unknown_id": "there is no such notification",
    "possibly_sent": "may have gone already (--include-uncertain)",
    "opted_out": "the user has opted out",
    "no_active_record": "the address is switched off or deleted",
    "expired": "their time to be delivered before has passed",
    "undeployed": "their target's handler is not deployed",
    "moved": "changed meanwhile",
}

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="These; or a filter of all.")]
Statuses = Annotated[list[str] | None, typer.Option(help="Those with this status; repeatable.")]
Since = Annotated[str | None, typer.Option(help="Those that failed since: 2h ago, or a time.")]
Uncertain = Annotated[
    bool, typer.Option("--include-uncertain", help="Also what may have gone: it may go twice.")
]
Attempts = Annotated[int | None, typer.Option(min=1, help="Attempts for each from now on.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "redrive", "Notifications")(redrive)


def redrive(
    session: Session,
    ids: Ids = None,
    target: Annotated[str | None, typer.Option(help="Those that failed in this target.")] = None,
    code: Annotated[str | None, typer.Option(help="Those with this error code.")] = None,
    status: Statuses = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="And until. As --since.")] = None,
    include_uncertain: Uncertain = False,
    rate: Annotated[float | None, typer.Option(help="At most so many a second.")] = None,
    max_retries: Attempts = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Try failed notifications again: count them first, ask, then do it.

    Consent, addresses and expiry are looked at again, and nothing that went is sent twice.
    """
    request = {
        "ids": ids or None,
        "target": target,
        "error_code": code,
        "statuses": [each.upper().replace("_", " ") for each in status] if status else None,
        "since": session.ago(since, "--since"),
        "until": session.ago(until, "--until"),
        "include_uncertain": include_uncertain or None,
        "max_per_second": rate,
        "max_retries": max_retries,
    }
    _check(request)
    request = {name: value for name, value in request.items() if value is not None}
    _redrive(session, request, dry_run=dry_run, yes=yes)


def _redrive(session: Session, request: dict[str, Any], *, dry_run: bool, yes: bool) -> None:
    found = _run(session, request, dry_run=True)
    counts = found["counts"]
    ready = counts.get("redriven", 0)
    if dry_run or not ready:
        _answer(session, found, "would be tried again")
        return
    if not yes:
        session.err.print(said(counts, WORDS | {"redriven": "can be tried again"}))
        session.confirm(f"Try {counted(ready, 'notification')} again?")
    done = _run(session, request, dry_run=False, total=counts.get("found", 0))
    _answer(session, done, "tried again")


def _check(request: dict[str, Any]) -> None:
    filters = [request[name] for name in ("target", "error_code", "statuses", "since", "until")]
    if (request["ids"] is not None) == any(each is not None for each in filters):
        raise typer.BadParameter(
            "name either ids or a filter: --target, --code, --status, --since, --until",
            param_hint="ID",
        )


def _run(session: Session, request: Any, *, dry_run: bool, total: int | None = None) -> Any:
    job = session.ask("POST", "/notifications/redrive", request | {"dry_run": dry_run})
    return followed(session, job, "counting" if dry_run else "trying again", total)


def _answer(session: Session, job: dict[str, Any], redriven: str) -> None:
    if session.json:
        session.print_json(job)
    elif any(job["counts"].values()):
        session.out.print(said(job["counts"], WORDS | {"redriven": redriven}))
    else:
        session.out.print("Nothing of that kind has failed.")
