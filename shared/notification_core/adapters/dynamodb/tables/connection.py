"""The DynamoDB client that all PynamoDB models share."""

from collections.abc import Iterable
from typing import Any

from pynamodb.connection import Connection
from pynamodb.models import Model

from notification_core.adapters.dynamodb import models


def share_client(client: Any, sharing: Iterable[type[Model]] = models.ALL) -> None:
    """Let models use one client of botocore.

    PynamoDB creates one client per model, which takes 60 ms each, and has no public setting for it.
    """
    for model in sharing:
        model._get_connection().connection._client = client  # noqa: SLF001


def shared_connection() -> Connection:
    """Return a connection with the shared client, for transactions over several models."""
    return models.RecordItem._get_connection().connection  # noqa: SLF001
