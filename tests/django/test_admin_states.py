"""The pages of the admin say what is stored, and what an action has done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client as Browser

from tests.django.admin_forms import ROOT, import_ended, post


@pytest.mark.parametrize(
    "path",
    ["optout/1/change/", "notification/1/change/", "notification/?user=1", "notification/?q=dora"],
)
def test_a_page_without_an_answer_states_nothing_and_has_no_buttons(
    browser: Browser, configure: Callable[..., None], path: str
) -> None:
    configure({"API_URL": "http://127.0.0.1:1/v1"})

    page = browser.get(f"{ROOT}/{path}").content.decode()

    assert "unknown, because" in page
    assert "The notification system could not be reached: GET" in page
    for falsehood in ("never opted out", "No user and no address", "There are no notifications"):
        assert falsehood not in page
    assert 'type="submit" name=' not in page


def test_an_action_without_an_answer_is_not_in_the_log(
    browser: Browser, user: Any, waiting: str, fail: Callable[[int], None]
) -> None:
    for path, action in (
        (f"{ROOT}/optout/{user.pk}/change/", "opt_out"),
        (f"{ROOT}/notification/{waiting}/change/", "cancel"),
    ):
        token = str(browser.get(path).context["csrf_token"])
        fail(1)
        browser.post(path, {action: "1", "csrfmiddlewaretoken": token})

    assert not LogEntry.objects.exists()


def test_a_notification_to_an_address_that_is_switched_off_is_not_sent_again(
    browser: Browser, api: Any, user: Any
) -> None:
    ended = import_ended(api, user, "INACTIVE DEVICE")
    [record] = api.records(str(user.pk))
    api.change_record(record.id, active=False)
    path = f"{ROOT}/notification/{ended}/change/"

    page = post(browser, path, retry="1")
    assert "Not sent: the address is switched off." in page
    assert record.id in page
    assert "in a moment" not in page
    assert not LogEntry.objects.exists()

    api.change_record(record.id, active=True)
    assert "is sent again in a moment" in post(browser, path, retry="1")

    api.remove_record(record.id)
    assert "Not sent: the address was deleted." in post(browser, path, retry="1")


def test_a_second_cancellation_changes_nothing_and_is_not_in_the_log(
    browser: Browser, waiting: str
) -> None:
    path = f"{ROOT}/notification/{waiting}/change/"
    post(browser, path, cancel="1")

    assert "The notification had ended before." in post(browser, path, cancel="1")
    assert LogEntry.objects.get().change_message == "The notification was cancelled."


@pytest.mark.parametrize(
    ("source", "identifier"),
    [
        ("pk", "{0.pk}"),
        ("username", "dora"),
        (lambda user: f"shop-2-{user.pk}", "shop-2-{0.pk}"),
    ],
    ids=["primary-key", "field", "function"],
)
def test_headings_and_links_name_the_user(
    browser: Browser, configure: Callable[..., None], source: Any, identifier: str
) -> None:
    configure({"USER_ID": source})
    user_id = identifier.format(User.objects.create_user("dora", "dora@example.com"))

    notifications = browser.get(f"{ROOT}/notification/?user={user_id}").content.decode()
    assert f"Notifications of dora ({user_id})</h1>" in notifications
    assert f"Opt-outs of dora ({user_id})</a>" in notifications
    opt_outs = browser.get(f"{ROOT}/optout/?q={user_id}", follow=True).content.decode()
    assert f"Opt-outs of dora ({user_id})</h1>" in opt_outs


def test_the_id_of_somebody_else_is_shown_alone(
    browser: Browser, configure: Callable[..., None], user: Any
) -> None:
    configure({"USER_ID": lambda user: f"shop-{user.pk}"})

    for other in (f"blog-{user.pk}", f"shop-{10**30}"):
        page = browser.get(f"{ROOT}/notification/?user={other}").content.decode()
        assert f"Notifications of {other}</h1>" in page


def test_the_search_for_the_id_of_a_notification_opens_it(browser: Browser, waiting: str) -> None:
    path = f"{ROOT}/notification/{waiting}/change/"
    assert browser.get(f"{ROOT}/notification/?q={waiting}").headers["Location"] == path

    unknown = "00000000-0000-4000-8000-000000000000"
    assert "There are no" in browser.get(f"{ROOT}/notification/?q={unknown}").content.decode()


def test_the_opt_out_of_a_mandatory_category_says_that_it_is_still_sent(
    browser: Browser, user: Any
) -> None:
    path = f"{ROOT}/optout/{user.pk}/change/"

    page = post(browser, path, opt_out="1", category="security")
    assert f"User pat ({user.pk}) is opted out of the category security. " in page
    assert "The category is mandatory and is still sent in: " in page
    assert "mandatory and" not in post(browser, path, opt_out="1", category="news")
    page = browser.get(path).content.decode()
    assert "has opted out of the category news, the category security. Mandatory" in page


def test_times_are_in_utc_as_in_the_explanation(
    browser: Browser, api: Any, waiting: str, configure: Callable[..., None]
) -> None:
    configure(TIME_ZONE="Europe/Vienna")
    notification = api.get_notification(waiting)
    due = f"{notification.scheduled_delivery:%Y-%m-%dT%H:%M:%SZ}"

    page = browser.get(f"{ROOT}/notification/{waiting}/change/").content.decode()

    assert f"scheduled for {due}." in page
    assert f"Scheduled for {due}." in page
    assert f"<td>{notification.timeline[0].at:%Y-%m-%dT%H:%M:%SZ}</td>" in page
    assert "m..</" not in page
    listing = browser.get(f"{ROOT}/notification/?user={notification.user}").content.decode()
    assert f"<td>{due}</td>" in listing
