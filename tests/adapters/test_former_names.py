"""Items that the code of d51ac6b wrote are read under today's names."""

import json
from pathlib import Path
from typing import Any

import pytest

from notification_core.adapters.dynamodb.fast.items import from_raw
from notification_core.adapters.dynamodb.tables.modules import parse_manifest
from notification_core.adapters.dynamodb.tables.opt_outs import entry_of
from notification_core.domain.consent import ConsentSource
from notification_core.domain.timeline import EventKind

#: `to_raw`, `_entry_text` and `manifest_text` of d51ac6b, with each of its events and sources.
ITEMS: dict[str, Any] = json.loads((Path(__file__).parent / "items_of_d51ac6b.json").read_text())


def test_every_event_of_a_timeline_is_read() -> None:
    notification = from_raw(ITEMS["notification"])

    later = {EventKind.CHANGED, EventKind.IMPORTED}
    assert {entry.event for entry in notification.timeline} == set(EventKind) - later
    assert [each.detail for each in notification.timeline] == [f"detail {n}" for n in range(21)]


def test_every_source_of_a_consent_entry_is_read() -> None:
    entries = [entry_of(text) for text in ITEMS["consent_entries"]]

    later = {ConsentSource.IMPORT, ConsentSource.IMPORT_UNDONE}
    assert {entry.source for entry in entries} == set(ConsentSource) - later


@pytest.mark.parametrize(
    ("module", "code", "docs_url"),
    [
        ("twilio", "30003", "https://www.twilio.com/docs/api/errors/30003"),
        (
            "expo",
            "DeviceNotRegistered",
            "https://docs.expo.dev/push-notifications/sending-notifications",
        ),
        ("email", "MessageRejected", "https://docs.aws.amazon.com/ses/latest/"),
    ],
)
def test_a_table_of_errors_keeps_its_descriptions_and_links(
    module: str, code: str, docs_url: str
) -> None:
    errors = parse_manifest(ITEMS["manifests"][module]).errors

    assert errors.rows[code].description
    assert (errors.link(code) or "").startswith(docs_url)
