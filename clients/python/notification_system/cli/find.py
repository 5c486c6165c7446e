"""`notify find`: searches notifications by what a recipient or a provider knows."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import NOTIFICATION_ID, plain, pluralize
from notification_system.cli.listing import (
    Category,
    Filters,
    Limit,
    Since,
    StatusName,
    Target,
    Until,
    announce_more,
    rows_of,
    select,
    status_name,
)
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.requests import path_of

PHONE_NUMBER = re.compile(r"\+[\d\s()./-]+")

#: The kinds of a search, and the words for them.
KINDS = {
    "id": "notification ids",
    "address": "addresses",
    "provider_id": "provider ids",
    "reference": "references",
    "user": "users",
}

SearchText = Annotated[
    str | None, typer.Argument(help="An address, an id, a reference or a user.", metavar="TEXT")
]
Address = Annotated[str | None, typer.Option(help="Search this address only.")]
ProviderId = Annotated[str | None, typer.Option(help="Search this provider's message id only.")]
Reference = Annotated[str | None, typer.Option(help="Search this reference only.")]
User = Annotated[str | None, typer.Option(help="Search this user only.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "find", "Notifications")(find)


def find(
    session: Session,
    text: SearchText = None,
    address: Address = None,
    provider_id: ProviderId = None,
    reference: Reference = None,
    user: User = None,
    since: Since = None,
    until: Until = None,
    target: Target = None,
    category: Category = None,
    status: StatusName = None,
    limit: Limit = 20,
) -> None:
    """Find notifications, newest first. Exit code 1 if there are none.

    Without an option, the text is searched as whatever it can be: +491701234567 and
    ann@example.com as an address or a user, and other texts as a reference, a provider's id, an
    address or a user.
    """
    named = {"address": address, "provider_id": provider_id, "reference": reference, "user": user}
    searches = _searches(text, {kind: value for kind, value in named.items() if value is not None})
    earliest, latest = session.past_time(since, "--since"), session.past_time(until, "--until")
    filters = Filters(
        since=earliest,
        until=latest,
        target=session.target(target)["id"] if target else None,
        category=category,
        status=status_name(status),
    )
    page, refusals = _run(session, searches, limit, filters)
    if session.json:
        session.print_json(page)
        raise typer.Exit(0 if page["items"] else 1)
    if not page["items"]:
        raise _nothing(session, searches, filters, refusals)
    session.out.print(rows_of(session, page["items"], addresses=_addresses(session, page["items"])))
    announce_more(session, page, limit)
    session.out.print("\nTo explain the first:")
    session.print_command(session.deployment.notify("explain", page["items"][0]["id"]))


def _searches(text: str | None, named: dict[str, str]) -> dict[str, str]:
    """Return the searches to make: the text to search for by kind."""
    if (text is None) == (not named) or len(named) > 1:
        raise typer.BadParameter(
            "pass one text, or one of --address, --provider-id, --reference and --user",
            param_hint="TEXT",
        )
    if text is None:
        return named
    if PHONE_NUMBER.fullmatch(text):
        return {"address": "+" + re.sub(r"\D", "", text), "user": text}
    if "@" in text:
        return {"address": text, "user": text}
    kinds = ["reference", "provider_id", "address", "user"]
    if NOTIFICATION_ID.fullmatch(text):
        kinds = ["id", "reference", "provider_id", "user"]
    return dict.fromkeys(kinds, text)


def _run(
    session: Session, searches: dict[str, str], limit: int, filters: Filters
) -> tuple[dict[str, Any], list[CliError]]:
    """Return the page of all notifications of all searches, and the refusals of the API.

    If only one search is made, its refusal is raised. One of several may be refused, because a
    text cannot be of every kind and a deployment may have no index for a kind.
    """

    def run(kind: str) -> dict[str, Any] | CliError:
        try:
            return _search(session, kind, searches[kind], limit, filters)
        except CliError as error:
            if len(searches) == 1 or not error.code:
                raise
            return error

    session.client  # noqa: B018 - connects once, before the threads
    with ThreadPoolExecutor(len(searches)) as workers:
        results = list(workers.map(run, searches))
    pages = [result for result in results if isinstance(result, dict)]
    by_id = {item["id"]: item for page in pages for item in page["items"]}
    items = sorted(by_id.values(), key=lambda item: str(item["created_at"]), reverse=True)
    more = len(items) > limit or any(page["next"] is not None for page in pages)
    refusals = [result for result in results if isinstance(result, CliError)]
    return {"items": items[:limit], "next": "" if more else None}, refusals


def _search(session: Session, kind: str, text: str, limit: int, filters: Filters) -> dict[str, Any]:
    if kind == "id":
        notification = session.request("GET", path_of("/notifications/{}", text))
        return {"items": [notification] if filters.match(notification) else [], "next": None}
    path = "/notifications" if kind == "user" else "/search"
    query: dict[str, Any] = {kind: text}
    return select(session, path, limit, filters, **query)


def _addresses(session: Session, notifications: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the addresses of notifications by record id; a deleted record has none."""

    def address_of(record_id: str) -> str | None:
        try:
            record = session.request("GET", path_of("/target-user-records/{}", record_id))
        except CliError as error:
            if error.code == "not-found":
                return None
            raise
        return str(record["target_user_id"])

    shown = (item for item in notifications if not item["last_error"])
    ids = list(dict.fromkeys(item["target_user_record"] for item in shown))
    with ThreadPoolExecutor(8) as workers:
        addresses = zip(ids, workers.map(address_of, ids), strict=True)
        return {record_id: address for record_id, address in addresses if address is not None}


def _nothing(
    session: Session, searches: dict[str, str], filters: Filters, refusals: list[CliError]
) -> CliError:
    text = plain(next(iter(searches.values())))
    kinds = ", ".join(KINDS[kind] for kind in searches)
    message = f"No notification of '{text}' was found{filters.describe(session)}."
    notes = [f"Searched: {kinds}."]
    unusual = [error.message for error in refusals if error.code != "not-found"]
    if unusual:
        notes.append(f"{pluralize(len(unusual), 'search', 'searches')} refused: {unusual[0]}")
    if not filters.is_empty:
        notes.append("Without the filters there may be some.")
    return CliError(message, "\n".join(notes))
