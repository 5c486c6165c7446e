"""Everything that is stored about a user, as a file."""

import json
from datetime import timedelta

from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import InvalidInput
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.export_document import document_of, to_json
from notification_core.entrypoints.console.pages.user import key_of, subject_of, user_of
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.auditing import audited, require_reason
from notification_core.usecases.privacy.export import export

#: Notifications that are read at once.
PAGE = 100

#: Bytes of the file, escaped as part of the function's response, of which Lambda permits 6 MB. A
#: part of the data would be mistaken for all of it, so more than this is refused.
MAX_BYTES = 5_500_000

#: How long notifications are read. API Gateway waits 29 seconds for the response.
MAX_TIME = timedelta(seconds=20)

TOO_MUCH = (
    "There is too much data about this user for one file, so nothing was exported."
    " Ask somebody with AWS credentials to run: notify export"
)


def download(call: Call) -> Response:
    """Return all data of a user as a JSON file.

    Raises:
        NotFound: the notification or the address that names the user does not exist.
        InvalidInput: there is no reason, or it is too much for one file.
    """
    user = user_of(call, *key_of(call.request.form))
    require_reason(call.field("reason"))
    with audited(
        call.console, call.session, AuditAction.EXPORT, subject_of(user), call.field("reason")
    ) as change:
        body, count = _everything(call, user)
        change.outcome = f"exported with {count} notifications"
    return Response(
        body=body,
        content_type="application/json; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="user-export-{call.now:%Y-%m-%d}.json"'
        },
    )


def _everything(call: Call, user: str) -> tuple[str, int]:
    """Return the file, and the number of notifications in it. Raises InvalidInput."""
    end, size = call.now + MAX_TIME, 0
    page = first = export(call.ports, user, PAGE, None)
    notifications = []
    while True:
        notifications += page.notifications.items
        size += _size(to_json(document_of(page, page.notifications.items, call.now)))
        if size > MAX_BYTES or call.now > end:
            raise InvalidInput(TOO_MUCH)
        after = page.notifications.next
        if after is None:
            return to_json(document_of(first, notifications, call.now)), len(notifications)
        page = export(call.ports, user, PAGE, after)


def _size(text: str) -> int:
    return len(json.dumps(text))
