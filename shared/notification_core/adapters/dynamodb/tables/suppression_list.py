"""The suppression list in DynamoDB, in the table of the opt-outs that its entries preserve."""

from collections.abc import Iterable

from notification_core.adapters.dynamodb.models import SuppressionItem
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.erasure import SuppressionEntry

PREFIX = "erased#"


class DynamoSuppressionList:
    """A SuppressionStore."""

    def put(self, entries: Iterable[SuppressionEntry]) -> None:
        for entry in entries:
            SuppressionItem(
                PREFIX + entry.hash,
                scopes=set(entry.scopes),
                evidence=entry.evidence,
                created_at=to_epoch_ms(entry.at),
            ).save()

    def get(self, hashes: Iterable[str]) -> list[SuppressionEntry]:
        keys = [PREFIX + digest for digest in sorted(set(hashes))]
        items = SuppressionItem.batch_get(keys, consistent_read=True)
        return sorted((_entry(item) for item in items), key=lambda entry: entry.hash)

    def remove(self, entries: Iterable[SuppressionEntry]) -> None:
        for entry in entries:
            SuppressionItem(PREFIX + entry.hash).delete()


def _entry(item: SuppressionItem) -> SuppressionEntry:
    return SuppressionEntry(
        hash=item.user.removeprefix(PREFIX),
        scopes=frozenset(item.scopes),
        evidence=item.evidence,
        at=from_epoch_ms(item.created_at),
    )
