"""The search: one field for whatever a person has been told."""

from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.masking import is_address
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.queries.finding import FoundUser, find

#: Notifications of one result.
LIMIT = 50

#: What each kind of search is called on the page.
KINDS = {
    "id": "notification ID",
    "user": "user",
    "address": "address",
    "provider_id": "provider's ID",
    "reference": "reference",
}


def show(call: Call) -> Response:
    """Show the field, and what it finds."""
    text = call.query("q")
    if text is None:
        return call.page("find.html", "Find", text="", findings=None, kinds=KINDS)
    findings = find(call.ports, text, LIMIT)
    if [match.by for match in findings.matches] == [("id",)] and not findings.users:
        return call.redirect(f"/notifications/{findings.matches[0].notification.id}")
    return call.page(
        "find.html",
        "Find",
        text=text,
        findings=findings,
        rows=[(match.notification, match.by) for match in findings.matches],
        users=_with_links(call, findings.users, text),
        targets=target_names(call),
        kinds=KINDS,
        limit=LIMIT,
    )


def target_names(call: Call) -> dict[str, str]:
    """Return the names of the targets by their ids. A change of some seconds ago may be missing."""
    return {target.id: target.name for target in call.ports.targets.recent()}


def _with_links(call: Call, users: list[FoundUser], text: str) -> list[tuple[FoundUser, str]]:
    """Return each user with the address of their page.

    The address does not contain an address of a person that nobody entered, but a record's id.
    """
    unnamed = [user.user for user in users if user.user != text and is_address(user.user)]
    records = call.ports.records.list_by_users(unnamed) if unnamed else {}

    def link(user: str) -> str:
        if user not in unnamed:
            return call.site.url("/user", id=user)
        return call.site.url("/user", record=records[user][0].id) if user in records else ""

    return [(user, link(user.user)) for user in users]
