"""Opt-outs in DynamoDB."""

from collections.abc import Iterable
from typing import Any

from notifications.adapters.dynamodb.reads import plain, read_items
from notifications.adapters.dynamodb.tables import OptOutItem
from notifications.adapters.dynamodb.writes import with_moments
from notifications.domain.clock import to_epoch_ms
from notifications.domain.recipients import OptOut


class DynamoOptOuts:
    """An OptOutStore.

    Args:
        client: a DynamoDB client, botocore's or `wire.py`'s.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, opt_out: OptOut) -> OptOut:
        item = OptOutItem(opt_out.user)
        item.update(
            actions=[
                OptOutItem.active.set(opt_out.active),
                OptOutItem.created_at.set(OptOutItem.created_at | to_epoch_ms(opt_out.created_at)),
                OptOutItem.updated_at.set(to_epoch_ms(opt_out.updated_at)),
            ]
        )
        return OptOut(**with_moments(item.attribute_values))

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        items = read_items(self._client, OptOutItem.Meta.table_name, "user", users)
        return {item["user"]["S"]: OptOut(**with_moments(plain(item))) for item in items}
