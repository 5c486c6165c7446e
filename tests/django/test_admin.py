"""The pages of the admin show what the notification system has, and change it."""

from collections.abc import Callable
from io import StringIO
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client as Browser

from notification_system.django import notify
from notification_system.django.models import OutboxEntry
from tests.django.admin_forms import ROOT, import_ended, post


def test_a_users_notifications_are_found_by_name_address_and_id(
    browser: Browser, user: Any, waiting: str
) -> None:
    for query in (f"q={user.username}", f"q={user.email}", f"q={user.pk}", f"user={user.pk}"):
        page = browser.get(f"{ROOT}/notification/?{query}").content.decode()
        assert f"{ROOT}/notification/{waiting}/change/" in page, query
        assert "SCHEDULED" in page
        assert "<i>Visit" not in page


def test_several_users_are_offered_and_an_address_of_nobody_is_searched(
    browser: Browser, user: Any, api: Any
) -> None:
    User.objects.create_user("patricia", "patricia@example.com")
    page = browser.get(f"{ROOT}/notification/?q=pat").content.decode()
    assert f"?user={user.pk}" in page
    assert "patricia" in page

    api.send(to=[{"target": "Email", "address": "gus@example.com"}], title="To Gus", body="Hello")
    assert "To Gus" in browser.get(f"{ROOT}/notification/?q=gus@example.com").content.decode()


def test_pages_follow_each_other(browser: Browser, user: Any) -> None:
    for number in range(27):
        notify(user, title=f"Message {number}.", body="x")

    first = browser.get(f"{ROOT}/notification/?user={user.pk}")
    second = browser.get(f"{ROOT}/notification/?{first.context['following']}")

    titles = [
        notification.title
        for page in (first, second)
        for notification in page.context["page"].items
    ]
    assert sorted(titles) == sorted(f"Message {number}." for number in range(27))


def test_a_notification_is_shown_with_timeline_and_explanation(
    browser: Browser, waiting: str
) -> None:
    page = browser.get(f"{ROOT}/notification/{waiting}/change/").content.decode()

    assert "&lt;b&gt;10:00&lt;/b&gt;" in page
    assert "<h2>Timeline</h2>" in page
    assert "<h2>Explanation</h2>" in page
    assert "Cancel this notification" in page
    assert "Send again" not in page


def test_a_notification_is_cancelled_and_the_log_has_it(
    browser: Browser, api: Any, waiting: str
) -> None:
    path = f"{ROOT}/notification/{waiting}/change/"

    assert "The notification was cancelled." in post(browser, path, cancel="1")
    assert api.get_notification(waiting).status == "CANCELLED"
    assert LogEntry.objects.get().object_id == waiting
    assert "Cancel this" not in browser.get(path).content.decode()


def test_a_notification_that_failed_is_sent_again(browser: Browser, api: Any, user: Any) -> None:
    ended = import_ended(api, user, "DELIVERY FAILURE")
    path = f"{ROOT}/notification/{ended}/change/"
    page = browser.get(path).content.decode()
    assert 'value="Send again"' in page
    assert "Cancel this notification" not in page

    assert "is sent again in a moment" in post(browser, path, retry="1")
    assert LogEntry.objects.get().object_id == ended


def test_an_unknown_notification_is_not_found(browser: Browser) -> None:
    assert browser.get(f"{ROOT}/notification/unknown/change/").status_code == 404


def test_a_user_is_opted_out_and_in_and_the_evidence_is_shown(
    browser: Browser, api: Any, user: Any
) -> None:
    path = f"{ROOT}/optout/{user.pk}/change/"
    assert "has never opted out" in browser.get(path).content.decode()

    page = post(browser, path, opt_out="1")
    assert "has opted out of everything" in page
    assert "<h2>Evidence</h2>" in page
    assert api.get_opt_out(str(user.pk)).everything

    assert "has opted in again" in post(browser, path, opt_in="1")
    assert "the category news" in post(browser, path, opt_out="1", category="news")
    assert api.get_opt_out(str(user.pk)).categories == ("news",)


def test_the_id_of_a_user_may_have_any_characters(
    browser: Browser, api: Any, configure: Callable[..., None]
) -> None:
    configure({"USER_ID": "username"})
    User.objects.create_user("a_b/c@d", "abc@example.com")

    address = browser.get(f"{ROOT}/optout/?q=abc@example.com").headers["Location"]
    assert "has opted out of everything" in post(browser, address, opt_out="1")
    assert api.get_opt_out("a_b/c@d").everything
    assert LogEntry.objects.get().get_admin_url() in address
    assert address in browser.get(f"{ROOT}/notification/?user=a_b/c@d").content.decode()


def test_the_data_of_the_project_can_still_be_dumped(user: Any) -> None:
    for options in ((), ("--all",)):
        out = StringIO()
        call_command("dumpdata", *options, stdout=out)
        assert user.email in out.getvalue()


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_the_search_for_opt_outs_leads_to_the_user(browser: Browser, user: Any) -> None:
    response = browser.get(f"{ROOT}/optout/?q={user.email}")

    assert response.headers["Location"] == f"{ROOT}/optout/{user.pk}/change/"


def test_a_form_from_another_site_is_refused(browser: Browser, api: Any, waiting: str) -> None:
    response = browser.post(f"{ROOT}/notification/{waiting}/change/", {"cancel": "1"})

    assert response.status_code == 403
    assert api.get_notification(waiting).status == "SCHEDULED"


def test_permissions_are_checked(api: Any, user: Any, waiting: str) -> None:
    staff = User.objects.create_user("staff", password="a password", is_staff=True)
    browser = Browser()
    browser.force_login(staff)
    paths = [f"{ROOT}/notification/{waiting}/change/", f"{ROOT}/optout/{user.pk}/change/"]
    pages = [*paths, f"{ROOT}/notification/", f"{ROOT}/optout/"]
    assert {browser.get(path).status_code for path in pages} == {403}

    app = "notification_system_django"
    views = Permission.objects.filter(content_type__app_label=app, codename__startswith="view_")
    staff.user_permissions.set(views)
    assert {browser.get(path).status_code for path in pages} == {200}
    assert 'type="submit" name=' not in browser.get(paths[0]).content.decode()
    for path in paths:
        assert browser.post(path, {"cancel": "1", "opt_out": "1"}).status_code == 403
    assert api.get_notification(waiting).status == "SCHEDULED"


def test_a_person_who_is_not_signed_in_is_sent_to_the_login(waiting: str) -> None:
    response = Browser().get(f"{ROOT}/notification/{waiting}/change/")

    assert response.headers["Location"].startswith("/admin/login/")


def test_an_unreachable_api_is_a_message_and_not_an_error_page(
    browser: Browser, user: Any, waiting: str, fail: Callable[[int], None]
) -> None:
    for path in (f"notification/?user={user.pk}", f"notification/{waiting}/change/"):
        fail(1)
        response = browser.get(f"{ROOT}/{path}")
        assert response.status_code == 200
        assert "The notification system answered: 503" in response.content.decode()


def test_entries_of_the_outbox_are_listed_and_sent_again(
    browser: Browser, api: Any, user: Any, configure: Callable[..., None]
) -> None:
    configure({"OUTBOX": True})
    notify(user, title="Refused once", body="x", template="news")
    OutboxEntry.objects.update(item=OutboxEntry.objects.get().item | {"template": None})
    path = f"{ROOT}/outboxentry/"
    assert "Refused once" in browser.get(path).content.decode()

    entry = OutboxEntry.objects.get()
    page = post(browser, path, action="send_again", _selected_action=str(entry.pk))

    assert "Refused once was sent." in page
    assert [n.title for n in api.notifications(user=str(user.pk))] == ["Refused once"]
