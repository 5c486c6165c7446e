"""Explain a notification: everything that is known of it, read at once."""

from notification_core.domain.explanation import Explanation, explain_notification
from notification_core.ports import Ports
from notification_core.usecases.queries.listing import get_stored_notification


def explain(ports: Ports, notification_id: str) -> Explanation:
    """Return each decision taken on a notification, and what would make it go.

    Raises:
        NotFound: there is none with this id.
    """
    found = get_stored_notification(ports, notification_id)
    record_id = found.target_user_record
    return explain_notification(
        found,
        ports.records.get([record_id]).get(record_id),
        ports.opt_outs.get([found.user]).get(found.user),
        ports.modules.get(found.module),
        ports.clock(),
    )
