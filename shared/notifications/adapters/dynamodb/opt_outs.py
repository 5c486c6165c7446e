"""Opt-outs in DynamoDB."""

from collections.abc import Iterable

from notifications.adapters.dynamodb.tables import OptOutItem
from notifications.adapters.dynamodb.writes import with_moments
from notifications.domain.clock import to_epoch_ms
from notifications.domain.recipients import OptOut


class DynamoOptOuts:
    """An OptOutStore."""

    def put(self, opt_out: OptOut) -> OptOut:
        item = OptOutItem(opt_out.user)
        item.update(
            actions=[
                OptOutItem.active.set(opt_out.active),
                OptOutItem.created_at.set(OptOutItem.created_at | to_epoch_ms(opt_out.created_at)),
                OptOutItem.updated_at.set(to_epoch_ms(opt_out.updated_at)),
            ]
        )
        return _opt_out(item)

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        items = OptOutItem.batch_get(sorted(set(users)), consistent_read=True)
        return {item.user: _opt_out(item) for item in items}


def _opt_out(item: OptOutItem) -> OptOut:
    return OptOut(**with_moments(item.attribute_values))
