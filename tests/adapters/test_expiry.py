"""When a finished notification goes: after its retention, and never after its content."""

from datetime import timedelta

import pytest

from notification_core.adapters.dynamodb.fast.items import to_raw
from notification_core.adapters.s3_contents import LATE, LATER, SOON, SOON_IS, SPARE
from notification_core.domain.content import Content
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import MAX_SPAN
from notification_core.domain.templates import READABLE
from notification_core.domain.timeline import EventKind
from tests.architecture.templates import read
from tests.builders import NOON, SHARDS, a_claim, a_notification

DAY = timedelta(days=1)
RETENTION = 90 * DAY


def ended(after: timedelta, key: str | None) -> Notification:
    """One that was made at noon, and ended so much later."""
    made = a_notification(content=Content(title="", body="", key=key), created_at=NOON)
    now = NOON + after
    return made.claimed(a_claim(now), now).failed(now, Rejected("21617"))


def expiry(notification: Notification) -> timedelta:
    """How long after noon it goes."""
    raw = to_raw(notification, due_shards=SHARDS, retention=RETENTION)
    return timedelta(seconds=int(raw["expires_at"]["N"]) - NOON.timestamp())


@pytest.mark.parametrize("key", [None, "soon/1.json", "later/1.json"])
def test_it_is_kept_for_its_retention(key: str | None) -> None:
    assert expiry(ended(30 * DAY, key)) == 30 * DAY + RETENTION


@pytest.mark.parametrize(("prefix", "days"), [(SOON, 125), (LATER, 495)])
def test_a_late_redrive_does_not_outlive_its_content(prefix: str, days: int) -> None:
    assert expiry(ended(450 * DAY, f"{prefix}/1.json")) == days * DAY
    assert expiry(ended(450 * DAY, None)) == 450 * DAY + RETENTION


def test_a_sent_notification_is_kept_for_its_retention_after_its_wait_for_reports() -> None:
    claimed = a_notification(created_at=NOON).claimed(a_claim(NOON), NOON)
    sent = claimed.sent(NOON, "SM1", None, awaited_until=NOON + 3 * DAY)

    assert expiry(sent) == 3 * DAY + RETENTION
    assert expiry(sent.noted(NOON + 2 * DAY, EventKind.DELAYED, "busy")) == 3 * DAY + RETENTION
    assert expiry(sent.noted(NOON + 5 * DAY, EventKind.DEAD_LETTER, "")) == 5 * DAY + RETENTION
    assert expiry(sent.delivered(NOON + DAY, "SM1")) == DAY + RETENTION


def test_a_notification_that_is_not_final_does_not_expire() -> None:
    waiting = ended(DAY, "soon/1.json").redriven(NOON + DAY, NOON + DAY, 3, "")

    assert "expires_at" not in to_raw(waiting, due_shards=SHARDS, retention=RETENTION)


@pytest.mark.parametrize(
    ("parameter", "prefix"), [("ContentSoonDays", SOON), ("ContentLaterDays", LATER)]
)
def test_the_bucket_keeps_contents_as_long_as_is_reckoned_with(parameter: str, prefix: str) -> None:
    parameters = read("template.yaml")["Parameters"]
    spare = int(parameters[parameter]["Default"]) - int(parameters["RetentionDays"]["Default"])

    assert spare * DAY == SPARE[prefix] > LATE


@pytest.mark.parametrize(("prefix", "last"), [(SOON, SOON_IS), (LATER, MAX_SPAN)])
def test_a_content_is_kept_beyond_the_last_attempt(prefix: str, last: timedelta) -> None:
    """Whatever its retention: the rest is for pauses and other waits that spend no attempt."""
    assert last + LATE <= SPARE[prefix]


def test_the_versions_of_a_removed_template_outlive_its_notifications_but_not_their_content() -> (
    None
):
    assert MAX_SPAN < READABLE <= SPARE[LATER] - LATE
