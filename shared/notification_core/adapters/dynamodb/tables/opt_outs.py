"""Opt-outs in DynamoDB."""

import json
from collections.abc import Iterable

from notification_core.adapters import former_names
from notification_core.adapters.dynamodb.fast.attributes import RawItem
from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.models import OptOutItem
from notification_core.adapters.dynamodb.tables.writes import delete_if, put_if
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut


class DynamoOptOuts:
    """An OptOutStore.

    Args:
        client: the DynamoDB client.
    """

    def __init__(self, client: LowLevelClient) -> None:
        self._client = client

    def put(self, opt_out: OptOut) -> bool:
        item = OptOutItem(
            opt_out.user,
            entries=[_entry_text(entry) for entry in opt_out.entries],
            revision=opt_out.revision + 1,
            created_at=to_epoch_ms(opt_out.created_at),
            updated_at=to_epoch_ms(opt_out.updated_at),
        )
        first = OptOutItem.user.does_not_exist()
        as_read = OptOutItem.revision == opt_out.revision
        return put_if(item, as_read if opt_out.revision else first)

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        items = read_items(self._client, OptOutItem.Meta.table_name, "user", users)
        return {item["user"]["S"]: _opt_out(item) for item in items}

    def remove(self, opt_out: OptOut) -> bool:
        as_read = OptOutItem.revision == opt_out.revision
        return delete_if(OptOutItem(opt_out.user), as_read | OptOutItem.user.does_not_exist())


def _opt_out(item: RawItem) -> OptOut:
    return OptOut(
        user=item["user"]["S"],
        entries=tuple(entry_of(entry["S"]) for entry in item["entries"]["L"]),
        created_at=from_epoch_ms(int(item["created_at"]["N"])),
        updated_at=from_epoch_ms(int(item["updated_at"]["N"])),
        revision=int(item["revision"]["N"]),
    )


def _entry_text(entry: ConsentEntry) -> str:
    values = [to_epoch_ms(entry.at), entry.active, entry.scope, entry.source.value, entry.evidence]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def entry_of(text: str) -> ConsentEntry:
    """Parse a stored consent entry."""
    at, active, scope, source, evidence = json.loads(text)[:5]
    return ConsentEntry(
        scope=scope,
        active=active,
        at=from_epoch_ms(at),
        source=former_names.SOURCES.get(source) or ConsentSource.stored(source),
        evidence=evidence,
    )
