"""Query parameters that several routes have."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from notification_core.entrypoints.http_api.fields import UserId

Limit = Annotated[int, Query(ge=1, le=100)]
Next = Annotated[str | None, Query(min_length=1, max_length=2048)]
User = Annotated[UserId, Query()]
