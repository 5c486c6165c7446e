"""The request that is being handled."""

from collections.abc import Iterable
from typing import cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from notification_core.runtime.observability import logger


def current_event() -> APIGatewayProxyEvent:
    """Return the event of the request that is being handled."""
    return cast(APIGatewayProxyEvent, BaseRouter.current_event)


def user_of(path_parameter: str) -> str:
    """Return the user id in a path parameter."""
    return unquote(path_parameter)


def log_accepted(ids: Iterable[str]) -> None:
    """Log the notifications that a request created: the start of their trail in the logs."""
    if distinct := list(dict.fromkeys(ids)):
        request_id = current_event().request_context.request_id
        logger.info("accepted", extra={"request_id": request_id, "notifications": distinct})
