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
        users=[(user, _link(call, user, text)) for user in findings.users],
        targets=target_names(call),
        kinds=KINDS,
        limit=LIMIT,
    )


def target_names(call: Call) -> dict[str, str]:
    """Return the names of the targets by their ids."""
    return {target.id: target.name for target in call.ports.targets.all()}


def _link(call: Call, user: FoundUser, text: str) -> str:
    """Return the address of a user's page. It does not name an address that nobody entered."""
    if user.user == text or not is_address(user.user):
        return call.site.url("/user", id=user.user)
    records = call.ports.records.list_by_user(user.user)
    return call.site.url("/user", record=records[0].id) if records else ""
