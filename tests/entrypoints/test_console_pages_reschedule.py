"""New times for a notification, entered in the zone of the viewer."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.builders import NOON, World, an_opt_out
from tests.console_world import ConsoleWorld, failed, text_of
from tests.entrypoints.test_console_rendering import INJECTIONS, check
from tests.usecases.steps import claimed, put_back, stored


def path_of(notification: Notification) -> str:
    """The path of the page of a notification."""
    return f"/notifications/{notification.id}"


def offers(site: ConsoleWorld, notification: Notification, role: Role = Role.OPERATOR) -> bool:
    """Whether the page has the form."""
    body = site.person(role).get(path_of(notification)).body
    return f'action="/v1/console{path_of(notification)}/reschedule"' in body


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """A time in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "entered", "due"),
    [
        ("UTC", "2026-03-02T09:30", at(2, 9, 30)),
        ("", "2026-03-02T09:30", at(2, 9, 30)),
        ("Asia/Kathmandu", "2026-03-02T09:30", at(2, 3, 45)),
        ("Asia/Katmandu", "2026-03-02T09:30", at(2, 3, 45)),
        ("America/New_York", "2026-03-02T09:30:15", at(2, 14, 30) + timedelta(seconds=15)),
        ("Europe/Berlin", "2026-10-25T02:30", at(25, 0, 30, month=10)),
    ],
    ids=["utc", "no zone", "of three quarters", "older name", "with seconds", "shown twice"],
)
def test_a_time_is_read_in_the_zone_of_the_viewer(
    site: ConsoleWorld, world: World, zone: str, entered: str, due: datetime
) -> None:
    waiting = stored(world)
    browser = site.person(Role.OPERATOR)

    page = browser.post(
        f"{path_of(waiting)}/reschedule",
        scheduled_delivery=entered,
        deliver_before="",
        time_zone=zone,
        reason="she is asleep",
    )

    assert page.headers["Location"].endswith(f"{path_of(waiting)}?done=changed")
    assert (world.stored(waiting).due_at, world.stored(waiting).deliver_before) == (due, None)
    after = text_of(browser.get(path_of(waiting), done="changed"))
    assert "Changed. The page shows the new times." in after
    [entry] = site.audit
    assert (entry.action, entry.reason) == ("reschedule", "she is asleep")
    assert entry.outcome == f"changed: due at {due:%Y-%m-%d %H:%M:%S} UTC"


def test_the_page_works_in_utc_without_javascript(site: ConsoleWorld, world: World) -> None:
    body = site.person(Role.OPERATOR).get(path_of(stored(world))).body

    assert '<input type="hidden" name="time_zone" value="UTC" data-time-zone>' in body
    assert "Times are in <strong data-time-zone>UTC</strong>." in body
    assert body.count('type="datetime-local"') == 2


def test_the_latest_time_is_changed_too(site: ConsoleWorld, world: World) -> None:
    waiting = stored(world)

    site.person(Role.OPERATOR).post(
        f"{path_of(waiting)}/reschedule",
        deliver_before="2026-03-03T12:00",
        time_zone="Asia/Kathmandu",
    )

    changed = world.stored(waiting)
    assert (changed.due_at, changed.deliver_before) == (waiting.due_at, at(3, 6, 15))


@pytest.mark.parametrize(
    ("status", "entered", "notice", "words"),
    [
        (Status.SCHEDULED, "2026-03-01T12:00", "unchanged", "it has these times already"),
        (Status.SENDING, "2026-03-02T12:00", "too_late_to_change", "Too late to change"),
        (Status.DELIVERED, "2026-03-02T12:00", "already_final", "it had already ended"),
    ],
)
def test_each_other_result_is_said_in_plain_words(
    site: ConsoleWorld, world: World, status: Status, entered: str, notice: str, words: str
) -> None:
    before = stored(world)
    if status is not Status.SCHEDULED:
        sending = claimed(world, before)
        now = sending if status is Status.SENDING else sending.delivered(NOON, "SM1")
        world.notifications.stored[before.id] = now
    browser = site.person(Role.OPERATOR)
    due = world.stored(before).due_at

    page = browser.post(f"{path_of(before)}/reschedule", scheduled_delivery=entered)

    assert page.headers["Location"].endswith(f"?done={notice}")
    assert words in text_of(browser.get(path_of(before), done=notice))
    assert world.stored(before).due_at == due
    assert [entry.outcome for entry in site.audit] == [notice.removesuffix("_to_change")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Enter a time. Nothing was changed."),
        ({"scheduled_delivery": "tomorrow"}, "New time is not a time such as"),
        ({"scheduled_delivery": "2026-13-01T00:00"}, "New time is not a time such as"),
        ({"scheduled_delivery": "2026-03-02T09:30Z"}, "New time is not a time such as"),
        ({"scheduled_delivery": "0001-01-01T00:00", "time_zone": "Asia/Tokyo"}, "is not a time"),
        (
            {"scheduled_delivery": "2026-03-29T02:30", "time_zone": "Europe/Berlin"},
            "does not exist in Europe/Berlin, because the clocks skip it",
        ),
        (
            {"scheduled_delivery": "2026-03-02T09:30", "time_zone": "Mars/Olympus"},
            "must be a time zone of the IANA database",
        ),
        (
            {"scheduled_delivery": "2026-03-02T09:30", "time_zone": "../../etc/passwd"},
            "must be a time zone of the IANA database",
        ),
        (
            {"scheduled_delivery": "2026-03-03T12:00", "deliver_before": "2026-03-02T12:00"},
            '"No later than" must be after "New time" and in the future',
        ),
        ({"scheduled_delivery": "2028-01-01T00:00"}, '"New time" must be at most one year after'),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_the_words_of_the_form(
    site: ConsoleWorld, world: World, fields: dict[str, str], words: str
) -> None:
    waiting = stored(world)

    page = site.person(Role.OPERATOR).post(f"{path_of(waiting)}/reschedule", **fields)

    assert page.status == 422
    assert words in text_of(page)
    assert world.stored(waiting) == waiting
    assert all(entry.outcome.startswith("refused: ") for entry in site.audit)


def test_the_form_is_there_only_while_the_notification_can_be_changed(
    site: ConsoleWorld, world: World
) -> None:
    waiting, ended, sending = stored(world), failed(world), claimed(world, stored(world))
    assert offers(site, waiting)
    assert not offers(site, waiting, Role.SUPPORT)
    assert not offers(site, ended)
    assert not offers(site, sending)

    world.opt_outs.put(an_opt_out())
    assert not offers(site, waiting)


def test_an_undeployed_target_offers_no_form(site: ConsoleWorld, world: World) -> None:
    assert not offers(site, stored(world, module="gone"))


def test_an_opt_out_of_another_category_leaves_the_form(site: ConsoleWorld, world: World) -> None:
    world.opt_outs.put(an_opt_out("category:news"))

    assert offers(site, stored(world, category="billing"))
    assert not offers(site, stored(world, category="news"))


def test_after_a_failed_attempt_the_form_moves_the_next_one(
    site: ConsoleWorld, world: World
) -> None:
    waiting = put_back(world, stored(world), minutes=5)
    browser = site.person(Role.OPERATOR)
    assert "New time of the next attempt" in text_of(browser.get(path_of(waiting)))

    browser.post(f"{path_of(waiting)}/reschedule", scheduled_delivery="2026-03-02T12:00")

    after = world.stored(waiting)
    assert (after.due_at, after.scheduled_delivery) == (at(2, 12), waiting.scheduled_delivery)


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_forged_form_moves_nothing(site: ConsoleWorld, world: World, token: str) -> None:
    waiting = stored(world)

    page = site.person(Role.OPERATOR).post(
        f"{path_of(waiting)}/reschedule", token, scheduled_delivery="2026-03-02T12:00"
    )

    assert (page.status, site.audit) == (403, [])
    assert world.stored(waiting) == waiting


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["scheduled_delivery", "deliver_before", "time_zone", "reason"])
def test_a_text_in_any_field_of_the_form_stays_text(
    site: ConsoleWorld, world: World, field: str, text: str
) -> None:
    waiting = stored(world)
    browser = site.person(Role.OPERATOR)
    fields = {"scheduled_delivery": "2026-03-02T12:00"} | {field: text}

    page = browser.post(f"{path_of(waiting)}/reschedule", **fields)

    assert page.status == (303 if field == "reason" else 422)
    for body in (page.body, browser.get("/audit").body, browser.get(path_of(waiting)).body):
        assert not body or check(body) == []
    assert not re.search(r"<(script>|img|svg)", page.body)
