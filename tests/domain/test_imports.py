"""Entities of another system: their ids and timelines."""

from dataclasses import replace
from datetime import timedelta

from notification_core.domain.imports import ImportKey, ImportKind
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from tests.builders import NOON
from tests.domain.imported import AN_IMPORT


def test_an_id_derives_from_the_source_the_kind_and_the_key() -> None:
    key = ImportKey("django", ImportKind.RECORD, "17")
    assert key.id == ImportKey("django", ImportKind.RECORD, "17").id
    others = [
        ImportKey("rails", ImportKind.RECORD, "17"),
        ImportKey("django", ImportKind.NOTIFICATION, "17"),
        ImportKey("django", ImportKind.RECORD, "18"),
    ]
    assert key.id not in {other.id for other in others}


def test_a_timeline_tells_what_happened_there_and_the_import() -> None:
    long_ago = NOON - timedelta(days=900)
    ended = replace(
        AN_IMPORT,
        status=Status.DELIVERED,
        attempted_delivery=long_ago,
        created_at=long_ago,
        retry_attempts=1,
    )
    events = ended.timeline("django", NOON)
    assert [(event.at, event.event) for event in events] == [
        (long_ago, EventKind.SCHEDULED),
        (long_ago, EventKind.DELIVERED),
        (NOON, EventKind.IMPORTED),
    ]
    assert events[-1].detail == "django, 1 attempt failed there"


def test_a_time_of_creation_to_come_counts_as_now() -> None:
    later = replace(AN_IMPORT, created_at=NOON + timedelta(days=1))
    assert later.timeline("django", NOON)[0].at == NOON
