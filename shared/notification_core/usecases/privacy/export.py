"""Export all data of one person, page by page, without storing a copy."""

from dataclasses import dataclass
from typing import Protocol

from notification_core.domain.addresses import MAX_USER, TargetUserRecord, check_text
from notification_core.domain.consent import OptOut
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import HasOptOuts, HasRecords, HasUserSettings
from notification_core.usecases.queries.listing import ListingPorts, list_notifications


class ExportPorts(ListingPorts, HasOptOuts, HasRecords, HasUserSettings, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class Export:
    """One page of an export.

    The first page has the records, the opt-out and the settings. Every page has notifications,
    newest first. Joined pages therefore contain no duplicates.
    """

    user: str
    records: list[TargetUserRecord]
    opt_out: OptOut | None
    settings: UserSettings | None  #: on the first page, if any is set
    notifications: Page[Notification]


def export(ports: ExportPorts, user: str, limit: int, after: str | None) -> Export:
    """Return a page of a user's data; the page is empty for an unknown user.

    Raises:
        InvalidInput: `user` is not a valid user id, or `after` is not a token of this listing.
    """
    check_text("user", user, MAX_USER)
    page = list_notifications(ports, user, None, limit, after)
    if after is not None:
        return Export(user, [], None, None, page)
    opt_out = ports.opt_outs.get([user]).get(user)
    settings = ports.user_settings.get([user]).get(user)
    return Export(user, ports.records.list_by_user(user), opt_out, settings, page)
