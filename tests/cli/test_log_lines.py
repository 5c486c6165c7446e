"""Lines of a function's log are converted to lines of `notify tail`."""

import json
from typing import Any

import pytest
from rich.cells import cell_len

from notification_system.cli.log_lines import Line, parse_event
from notification_system.cli.times import Zone

UTC = Zone(utc=True)

ID, OTHER = "0b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01", "1b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01"
AT = 1_795_515_248_570  # 2026-11-24T10:14:08.570Z

BATCH = {
    "level": "INFO",
    "message": "batch",
    "notification_module_name": "twilio",
    "attempts": [
        {"notification": ID, "attempt": 1, "status": "DELIVERY FAILURE", "code": "30007"},
        {"notification": OTHER, "attempt": 2, "status": "SENT"},
    ],
}


def event(fields: Any) -> dict[str, Any]:
    """Return a log event."""
    return {
        "timestamp": AT,
        "message": fields if isinstance(fields, str) else json.dumps(fields) + "\n",
    }


def read(fields: Any, module: str | None = None) -> list[tuple[str, str, str, str]]:
    """Return the lines of an event."""
    return [(e.where, e.what, e.about, e.note) for e in parse_event(event(fields), module)]


def test_each_attempt_of_a_batch_has_a_line() -> None:
    assert read(BATCH) == [
        ("twilio", "DELIVERY FAILURE", ID, "#1 30007"),
        ("twilio", "SENT", OTHER, "#2"),
    ]


def test_a_batch_without_attempts_has_no_line() -> None:
    assert read({"message": "batch", "notification_module_name": "twilio"}) == []


def test_with_a_target_only_its_lines_are_shown() -> None:
    assert len(read(BATCH, "twilio")) == 2
    assert read(BATCH, "email") == []
    assert read({"message": "tick", "Enqueued": 1}, "twilio") == []


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"message": "accepted", "notifications": [ID]}, ("api", "accepted", ID, "")),
        (
            {"message": "accepted", "notifications": [ID, OTHER]},
            ("api", "accepted", ID, "and 1 more"),
        ),
        (
            {"message": "tick", "Enqueued": 1_200, "Swept": 3, "Paused": 1, "Incomplete": 2},
            ("clock", "tick", "1,200 enqueued, 3 swept", "1 target paused, incomplete"),
        ),
        (
            {"message": "dead letter", "notification_module_name": "expo", "notifications": [ID]},
            ("expo", "dead letter", ID, ""),
        ),
        (
            {"message": "dead letter", "notification_module_name": "expo", "notifications": []},
            ("expo", "dead letter", "unreadable", ""),
        ),
        (
            {
                "message": "report",
                "notification_module_name": "twilio",
                "notification": ID,
                "attempt": 1,
                "status": "DELIVERED",
            },
            ("twilio", "DELIVERED", ID, "#1 report"),
        ),
        (
            {"level": "ERROR", "message": "request failed", "error": "KeyError"},
            ("-", "error", "request failed", "KeyError"),
        ),
    ],
)
def test_each_kind_of_log_line_is_shown(
    fields: dict[str, Any], line: tuple[str, str, str, str]
) -> None:
    assert read(fields) == [line]


@pytest.mark.parametrize(
    "fields",
    [
        "START RequestId: 1 Version: $LATEST",
        "[1]",
        '"batch"',
        {"level": "INFO", "message": "custom resource"},
        {"message": "accepted", "notifications": []},
        {"_aws": {}, "Received": 1},
    ],
)
def test_other_log_lines_are_ignored(fields: Any) -> None:
    assert read(fields) == []


def test_a_line_shows_its_time_and_fits_the_terminal() -> None:
    [line, _] = parse_event(event(BATCH), None)

    start = "10:14:08 twilio    DELIVERY FAILURE"
    assert line.render(80, UTC).plain == f"{start} {ID[:8]} #1 30007"
    assert line.render(80, UTC, full=True).plain == f"{start} {ID}\n                   #1 30007"
    assert line.render(120, UTC).plain == f"{start} {ID} #1 30007"


def test_no_line_is_wider_than_the_terminal() -> None:
    line = Line(AT, "a_module_with_a_long_name", "DELIVERY FAILURE", ID, "#12 read-timeout", "")

    assert (
        max(cell_len(part) for part in line.render(80, UTC, full=True).plain.splitlines()[1:]) <= 80
    )


def test_the_original_log_line_is_kept_for_programs() -> None:
    [line, _] = parse_event(event(BATCH), None)

    assert json.loads(line.raw) == BATCH
