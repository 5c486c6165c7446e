"""The search for notifications."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from notification_core.entrypoints.http_api.answers import fitting_page
from notification_core.entrypoints.http_api.fields import ProviderId, Reference, TargetUserId
from notification_core.entrypoints.http_api.notification_response import NotificationList
from notification_core.entrypoints.http_api.parameters import Limit, Next
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.queries.search import search

routes = Routes("Notifications")


@routes.get("/search")
def search_notifications(
    address: Annotated[TargetUserId | None, Query()] = None,
    provider_id: Annotated[ProviderId | None, Query()] = None,
    reference: Annotated[Reference | None, Query()] = None,
    limit: Limit = 50,
    next: Next = None,
) -> NotificationList:
    """Find notifications by an address, the provider's id or a reference; newest first."""
    terms = {"address": address, "provider_id": provider_id, "reference": reference}
    page = search(ports(), terms, limit, next)
    return fitting_page(NotificationList.of_page, page)
