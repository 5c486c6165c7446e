"""The audit log."""

from notification_core.domain.audit import AuditEntry
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.masking import masked_user
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.auditing import list_entries

#: Entries of one page.
LIMIT = 50


def show(call: Call) -> Response:
    """Show the entries, newest first."""
    page = list_entries(call.console, LIMIT, call.query("next"))
    rows = [(entry, shown_subject(entry), _link(call, entry)) for entry in page.items]
    return call.page("audit.html", "Audit log", rows=rows, next=page.next)


def shown_subject(entry: AuditEntry) -> str:
    """Return the subject of an entry, with the address of a user whose id is one shortened."""
    kind, _, name = entry.subject.partition(" ")
    return f"{kind} {masked_user(name)}" if kind == "user" else entry.subject


def _link(call: Call, entry: AuditEntry) -> str:
    kind, _, name = entry.subject.partition(" ")
    return call.site.url(f"/notifications/{name}") if kind == "notification" else ""
