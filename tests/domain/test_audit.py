"""Entries of the audit log, and their order."""

from datetime import timedelta

from notification_core.domain.audit import AuditEntry
from tests.builders import NOON


def an_audit_entry(**changes: object) -> AuditEntry:
    """An entry at noon."""
    values: dict[str, object] = {
        "id": "1",
        "at": NOON,
        "who": "ada@example.com",
        "username": "ada",
        "action": "cancel",
        "subject": "notification 1",
    }
    return AuditEntry(**values | changes)  # type: ignore[arg-type]  # of tests


def test_positions_are_in_the_order_of_time() -> None:
    moments = [
        NOON + timedelta(milliseconds=step) for step in (0, 1, 999, 1000, 60_000, 86_400_000)
    ]
    positions = [an_audit_entry(at=moment).position for moment in moments]

    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)


def test_entries_of_one_millisecond_differ_by_their_ids() -> None:
    assert an_audit_entry(id="1").position != an_audit_entry(id="2").position


def test_an_entry_belongs_to_its_month() -> None:
    assert an_audit_entry().month == "2026-03"
