"""Output fits 80 columns and has no control characters; JSON output is the API's JSON alone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from notification_system.cli.formatting import format_duration, plain, relative_time, short_time
from notification_system.cli.times import Zone
from notification_system.durations import duration
from tests.cli.conftest import Gateway, Ran

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)

TARGET: dict[str, Any] = {
    "id": "t-1",
    "name": "Email",
    "notification_module_name": "email",
    "state": "paused",
    "pause": {
        "by": "fault",
        "reason": "the account was suspended by the provider " * 3,
        "code": "20003",
        "docs_url": "https://www.twilio.com/docs/api/errors/20003",
        "since": "2026-11-24T10:00:00.000Z",
    },
}
TARGETS = {"items": [TARGET], "next": None}

LAST_ERROR = {"class": "recipient", "code": "21614", "message": "not a mobile number " * 9}
NASTY = "\x1b[2J\x1b]0;owned\x07 今日は良い天気ですね " * 5


def a_notification(**changes: Any) -> dict[str, Any]:
    """Return a notification as the API returns it, with long values."""
    notification: dict[str, Any] = {
        "id": "0b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01",
        "user": "u" * 128,
        "target": "t-1",
        "target_user_record": "5b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01",
        "title": NASTY,
        "body": NASTY * 30,
        "extra": {},
        "category": "marketing",
        "status": "DELIVERY FAILURE",
        "confirmation": "received",
        "scheduled_delivery": "2026-11-24T10:00:00.000Z",
        "attempted_delivery": "2026-11-24T10:00:00.100Z",
        "deliver_before": None,
        "retry_time_interval": 60,
        "retry_attempts": 3,
        "max_retries": 3,
        "next_attempt": None,
        "provider_message_id": "m" * 100,
        "last_error": LAST_ERROR,
        "timeline": [
            {
                "at": "2026-11-24T10:00:00.000Z",
                "event": "inactive device",
                "code": "x" * 40,
                "detail": NASTY,
            },
        ],
        "created_at": "2026-11-24T09:00:00.000Z",
        "updated_at": "2026-11-24T10:00:01.000Z",
    }
    return notification | changes


RECORD = {
    "id": "5b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01",
    "user": "ann",
    "target": "t-1",
    "target_user_id": f"{'a' * 64}@{'example.' * 20}com",
    "description": NASTY,
    "active": False,
    "deactivation": {"reason": "it bounced " * 20, "code": "550", "at": NOW.isoformat()},
    "strikes": 4,
}
PAGE = {"items": [a_notification(), a_notification()], "next": "more"}
EXPLANATION = {
    "id": "0b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01",
    "status": "DELIVERY FAILURE",
    "address": "+1500...0009",
    "decisions": [
        {
            "at": None,
            "topic": "consent",
            "message": NASTY,
            "code": "21614",
            "docs_url": "https://x/" + "y" * 60,
        },
    ],
    "next_step": "Correct the address, or set active to true, and redrive it. " * 3,
}
OPT_OUT = {
    "user": "ann",
    "active": True,
    "everything": False,
    "targets": ["t-1"],
    "categories": ["marketing"] * 9,
    "entries": [
        {
            "scope": "target:t-1",
            "active": True,
            "at": NOW.isoformat(),
            "source": "api",
            "evidence": "arn:aws:iam::000000000000:user/" + "x" * 64,
        }
    ],
}
BACKLOG = {
    "items": [
        {
            "module": "email",
            "targets": ["Email"],
            "state": "paused",
            "queued": 1_000_000,
            "in_flight": 120_000,
            "dead_letters": 10_000,
            "overdue": 4_000,
            "overdue_at_least": True,
            "oldest_due": "2026-11-01T10:00:00.000Z",
        }
    ]
}
JOB = {
    "id": "j",
    "kind": "redrive",
    "state": "done",
    "dry_run": True,
    "error": None,
    "counts": {"found": 12_345, "redriven": 0, "possibly_sent": 12_345, "unheard_of": 1},
}
EXPORT = {
    "user": "ann",
    "records": [RECORD],
    "opt_out": OPT_OUT,
    "notifications": [a_notification()],
    "next": None,
}

#: Arguments, the API's answers in order, and the expected JSON output.
SHOWN: dict[str, tuple[list[str], list[Any], Any]] = {
    "list": (["list", "--user", "ann", "--limit", "2"], [PAGE, TARGETS], PAGE),
    "failed": (["list", "--failed", "--target", "email", "--limit", "2"], [TARGETS, PAGE], PAGE),
    "show": (["show", "x"], [a_notification(), TARGETS], a_notification()),
    "explain": (["explain", "x"], [EXPLANATION], EXPLANATION),
    "records": (["records", "ann"], [{"items": [RECORD], "next": None}, TARGETS],
                {"items": [RECORD], "next": None}),
    "opt-out": (["opt-out", "ann", "--show"], [OPT_OUT, TARGETS], OPT_OUT),
    "send": (["send", "ann", "Hi", "There"], [PAGE, TARGETS], PAGE),
    "redrive": (["redrive", "--target", "EMAIL", "--dry-run"], [TARGETS, JOB], JOB),
    "export": (["export", "ann"], [EXPORT, TARGETS], EXPORT),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SHOWN))
def test_no_line_is_too_long_or_contains_control_characters(
    gateway: Gateway, on_aws: Callable[..., Ran], name: str
) -> None:
    words, answers, _ = SHOWN[name]
    gateway.answers = [(200, answer) for answer in answers]

    ran = on_aws(*words)

    assert ran.code == 0, ran.err
    assert ran.out.strip()
    assert max(map(cell_len, ran.out.splitlines())) <= 80
    assert not {"\x1b", "\x07"} & set(ran.out)


@pytest.mark.parametrize("name", list(SHOWN))
def test_json_output_is_the_answer_of_the_api_alone(
    gateway: Gateway, on_aws: Callable[..., Ran], name: str
) -> None:
    words, answers, expected = SHOWN[name]
    gateway.answers = [(200, answer) for answer in answers]

    ran = on_aws(*words, "--json")

    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == expected


@pytest.mark.parametrize(
    ("by", "cause"),
    [("fault", "a fault"), ("person", "a person"), ("reports", "delivery reports")],
)
def test_targets_are_listed_with_their_backlog_and_the_reason_of_a_pause(
    gateway: Gateway, on_aws: Callable[..., Ran], by: str, cause: str
) -> None:
    paused = TARGET | {"pause": {**TARGET["pause"], "by": by}}
    # The two requests are concurrent, so the first one gets the answers to both.
    gateway.answers = [(200, TARGETS | BACKLOG | {"items": [paused | BACKLOG["items"][0]]})] * 2

    ran = on_aws("targets")

    assert ran.code == 0, ran.err
    assert ran.widest <= 80
    assert f"Email is paused by {cause} since" in " ".join(ran.out.split())
    assert "4,000+" in ran.out
    assert "1,000,000" in ran.out
    assert "notify resume Email --region eu-west-1" in " ".join(ran.out.split())


def test_a_listing_of_many_pages_is_shown_as_one(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    first = {"items": [{"n": n} for n in range(100)], "next": "two"}
    second = {"items": [{"n": n} for n in range(100, 130)], "next": "three"}
    gateway.answers = [(200, first), (200, second)]

    ran = on_aws("list", "--user", "ann", "--limit", "130", "--json")

    page = json.loads(ran.out)
    assert [item["n"] for item in page["items"]] == list(range(130))
    assert page["next"] == "three"
    assert gateway.seen[1]["path"].endswith("limit=30&next=two")


def test_an_export_of_many_pages_is_one_document(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    second = {**EXPORT, "records": [], "opt_out": None, "next": None}
    gateway.answers = [(200, {**EXPORT, "next": "two"}), (200, second)]

    document = json.loads(on_aws("export", "ann", "--json").out)

    assert (len(document["records"]), len(document["notifications"]), document["next"]) == (
        1,
        2,
        None,
    )
    assert document["opt_out"] == OPT_OUT


def test_the_record_of_another_user_is_rejected(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(200, RECORD)]

    ran = on_aws("send", "bob", "Hi", "There", "--record", RECORD["id"])

    assert ran.code == 1
    assert "does not belong to bob" in ran.err
    assert [request["method"] for request in gateway.seen] == ["GET"]


def test_control_characters_are_replaced() -> None:
    assert plain("a\x1b[31mb\x07\x9bc\u202ed\r\ne\tf") == "a\ufffd[31mb\ufffd\ufffdc\ufffdd\ne\tf"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-11-24T08:05:09.123Z", "08:05:09"),
        ("2026-11-23T23:59:59Z", "11-23 23:59:59"),
        ("2027-02-01T08:00:00Z", "2027-02-01 08:00"),
        ("2026-11-24T12:30:00+02:00", "10:30:00"),
        (None, "-"),
    ],
)
def test_a_time_is_shortened(at: str | None, shown: str) -> None:
    assert short_time(at, NOW, Zone(utc=True)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0s"), (59, "59s"), (60, "1m"), (7_199, "1h"), (86_400, "1d")]
)
def test_a_duration_is_shown_in_its_largest_unit_and_can_be_parsed(
    seconds: int, shown: str
) -> None:
    assert format_duration(seconds) == shown
    assert duration(shown).total_seconds() <= seconds


def test_a_time_relative_to_now() -> None:
    assert relative_time(NOW, NOW) == "now"
    assert relative_time(NOW.replace(minute=31), NOW) == "in 1m"
    assert relative_time(NOW.replace(hour=7), NOW) == "3h ago"


@pytest.mark.parametrize("name", ["list", "show", "export"])
def test_lost_content_is_shown_as_lost(
    gateway: Gateway, on_aws: Callable[..., Ran], name: str
) -> None:
    lost = a_notification(title=None, body=None, extra=None)
    answers: dict[str, Any] = {
        "list": PAGE | {"items": [lost], "next": None},
        "show": lost,
        "export": EXPORT | {"notifications": [lost]},
    }
    gateway.answers = [(200, answers[name]), (200, TARGETS)]

    ran = on_aws(*SHOWN[name][0])

    assert ran.code == 0, ran.err
    assert "content is lost" in ran.out
    assert "None" not in ran.out


@pytest.mark.parametrize("name", ["list", "show"])
def test_a_message_without_a_title_is_known_by_its_first_line(
    gateway: Gateway, on_aws: Callable[..., Ran], name: str
) -> None:
    text = a_notification(title="", body="Your table\nis ready.")
    answers: dict[str, Any] = {"list": PAGE | {"items": [text], "next": None}, "show": text}
    gateway.answers = [(200, answers[name]), (200, TARGETS)]

    ran = on_aws(*SHOWN[name][0])

    assert ran.code == 0, ran.err
    assert "Your table" in ran.out


def test_content_for_each_channel_is_read_from_a_file(
    gateway: Gateway, on_aws: Callable[..., Ran], tmp_path: Path
) -> None:
    content = {"email": {"title": "Your table", "body": "<p>Ready</p>"}, "sms": {"body": "Ready"}}
    path = tmp_path / "content.json"
    path.write_text(json.dumps(content))
    gateway.answers = [(201, {"items": [a_notification()], "next": None}), (200, TARGETS)]

    ran = on_aws("send", "ann", "--content", str(path))

    assert ran.code == 0, ran.err
    assert json.loads(gateway.seen[0]["body"]) == {"user": "ann", "content": content}


def test_a_page_of_html_is_shown_as_its_text(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    page = "<html><head><style>p { color: red }</style></head><body><p>Hello</p></body></html>"
    gateway.answers = [(200, a_notification() | {"body": page}), (200, TARGETS)]

    shown = on_aws("show", "x").out

    assert "Body, the text of its HTML" in shown
    assert "  Hello" in shown
    assert "color" not in shown
