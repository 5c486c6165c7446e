"""Times are read and shown in the zone of the user."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from notification_system.cli.times import InvalidTimeError, Zone, is_relative
from tests.cli.conftest import Gateway, Ran
from tests.cli.test_output import TARGETS, a_notification

#: Central European time, with its rules, so that no time zone database is needed.
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"

SUNDAY = datetime(2026, 11, 29, 15, tzinfo=UTC)  # 16:00 in Berlin


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """Return the local zone, which is that of Berlin."""
    monkeypatch.setenv("TZ", BERLIN)
    time.tzset()
    yield Zone()
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("now", "Sun 29 Nov 2026 16:00 CET"),
        ("20m", "Sun 29 Nov 2026 16:20 CET"),
        ("+20m", "Sun 29 Nov 2026 16:20 CET"),
        ("1d12h", "Tue 1 Dec 2026 04:00 CET"),
        ("20:00", "Sun 29 Nov 2026 20:00 CET"),
        ("8:30", "Mon 30 Nov 2026 08:30 CET"),
        ("tomorrow 20:00", "Mon 30 Nov 2026 20:00 CET"),
        ("Today 08:00", "Sun 29 Nov 2026 08:00 CET"),
        ("mon 09:00", "Mon 30 Nov 2026 09:00 CET"),
        ("Sunday 17:00", "Sun 29 Nov 2026 17:00 CET"),
        ("sunday 15:00", "Sun 6 Dec 2026 15:00 CET"),
        ("2027-07-01T18:00", "Thu 1 Jul 2027 18:00 CEST"),
        ("2026-12-24 18:00:05", "Thu 24 Dec 2026 18:00:05 CET"),
        ("2026-12-24T18:00:00Z", "Thu 24 Dec 2026 19:00 CET"),
        ("2026-12-24T18:00+05:00", "Thu 24 Dec 2026 14:00 CET"),
    ],
)
def test_a_future_time_is_read_in_the_local_zone(zone: Zone, text: str, shown: str) -> None:
    assert zone.long(zone.parse(text, SUNDAY)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("20m", "Sun 29 Nov 2026 15:40 CET"),
        ("20:00", "Sat 28 Nov 2026 20:00 CET"),
        ("8:30", "Sun 29 Nov 2026 08:30 CET"),
        ("yesterday", "Sat 28 Nov 2026 00:00 CET"),
        ("today", "Sun 29 Nov 2026 00:00 CET"),
        ("yesterday 20:00", "Sat 28 Nov 2026 20:00 CET"),
        ("mon", "Mon 23 Nov 2026 00:00 CET"),
        ("sun 17:00", "Sun 22 Nov 2026 17:00 CET"),
        ("2026-11-01", "Sun 1 Nov 2026 00:00 CET"),
    ],
)
def test_a_past_time_is_the_latest_one(zone: Zone, text: str, shown: str) -> None:
    assert zone.long(zone.parse(text, SUNDAY, past=True)) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eight", "eight is not a time; write 20m, 20:00,"),
        ("", "an empty text is not a time"),
        ("tomorrow at 8", "not a time"),
        ("25:00", "not a time"),
        ("2026-13-01T10:00", "not a time"),
        ("999999999d", "too long"),
        ("tomorrow", 'tomorrow has no time of day; write "tomorrow 20:00"'),
        ("2026-12-24", 'write "2026-12-24 20:00"'),
        (
            "2026-10-25 02:30",
            "occurs twice, because clocks are set back; write 2026-10-25T02:30+02:00 or",
        ),
        ("2027-03-28 02:30", "2027-03-28 02:30 does not exist, because clocks are set forward"),
    ],
)
def test_a_text_that_is_no_certain_time_is_rejected(zone: Zone, text: str, message: str) -> None:
    with pytest.raises(InvalidTimeError) as rejected:
        zone.parse(text, SUNDAY)

    assert message in str(rejected.value)


def test_both_times_of_an_hour_that_occurs_twice_can_be_written(zone: Zone) -> None:
    first, second = (
        zone.parse(f"2026-10-25T02:30{offset}", SUNDAY) for offset in ("+02:00", "+01:00")
    )

    assert (zone.long(first), zone.long(second)) == (
        "Sun 25 Oct 2026 02:30 CEST",
        "Sun 25 Oct 2026 02:30 CET",
    )


def test_with_utc_times_are_read_and_shown_in_utc(zone: Zone) -> None:
    utc = Zone(utc=True)

    assert utc.long(utc.parse("tomorrow 20:00", SUNDAY)) == "Mon 30 Nov 2026 20:00 UTC"
    assert utc.long(utc.parse("2026-10-25 02:30", SUNDAY)) == "Sun 25 Oct 2026 02:30 UTC"
    assert zone.localized("due at 2026-11-29T19:00:00Z.") == "due at Sun 29 Nov 2026 20:00 CET."


def test_a_heading_names_every_zone_of_its_column(zone: Zone) -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)

    assert zone.heading("DUE", [SUNDAY, summer], SUNDAY) == "DUE (CEST/CET)"
    assert zone.heading("DUE", [], SUNDAY) == "DUE (CET)"


@pytest.mark.parametrize(
    ("text", "relative"),
    [("20m", True), ("now", True), ("20:00", False), ("tomorrow 20:00", False)],
)
def test_only_durations_and_now_are_relative(text: str, *, relative: bool) -> None:
    assert is_relative(text) is relative


def test_the_scheduled_time_is_sent_with_its_offset_and_echoed(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    created = {"items": [a_notification(scheduled_delivery="2099-12-24T17:00:00.000Z")]}
    gateway.answers = [(201, created), (200, TARGETS)]

    ran = on_aws("send", "ann", "Hi", "There", "--at", "2099-12-24T18:00", TZ=BERLIN)

    assert ran.code == 0, ran.err
    assert "scheduled for Thu 24 Dec 2099 18:00 CET" in ran.out
    assert "DUE (CET)" in ran.out
    assert b'"scheduled_delivery":"2099-12-24T18:00:00+01:00"' in gateway.seen[0]["body"]
