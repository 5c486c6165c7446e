"""Everything that is kept of one person, page by page: no copy of it is laid anywhere."""

from dataclasses import dataclass

from notification_core.domain.addresses import MAX_USER, TargetUserRecord, check_text
from notification_core.domain.consent import OptOut
from notification_core.domain.notification import Notification
from notification_core.ports import Page, Ports
from notification_core.usecases.queries.listing import list_notifications


@dataclass(frozen=True, slots=True)
class Export:
    """A page. The first one has the records and the opt-out, each one notifications, newest first.

    So pages that are joined say nothing twice.
    """

    user: str
    records: list[TargetUserRecord]
    opt_out: OptOut | None
    notifications: Page[Notification]


def export(ports: Ports, user: str, limit: int, after: str | None) -> Export:
    """Return a page of what is kept of a user; of one who is not known, an empty one.

    Raises:
        InvalidInput: this is no user id, or `after` is no token of this listing.
    """
    check_text("user", user, MAX_USER)
    page = list_notifications(ports, user, None, limit, after)
    if after is not None:
        return Export(user, [], None, page)
    opt_out = ports.opt_outs.get([user]).get(user)
    return Export(user, ports.records.list_by_user(user), opt_out, page)
