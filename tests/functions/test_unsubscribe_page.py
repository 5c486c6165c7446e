"""The page behind an unsubscribe link: its undo, its language, and what it says in between."""

from datetime import timedelta

import pytest

from functions.unsubscribe.handler import lambda_handler
from notification_content.translations import texts_in
from notification_core.domain.clock import utc_now
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.consent import opt_out as opt_outs
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import a_claim
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Api
from tests.functions.public import proxy_event
from tests.functions.unsubscribing import ONE_CLICK, UNDO, call, ledger


def test_an_undo_reopens_what_the_same_link_has_closed(
    email: Consumer, link: str, address: str
) -> None:
    assert 'value="resubscribe"' in call("POST", link, ONE_CLICK)[1]

    status, page = call("POST", link, UNDO)

    assert status == 200
    assert "subscribed again" in page
    opt_out = get_opt_out(email.ports, email.user)
    assert [(entry.active, entry.source) for entry in opt_out.entries] == [
        (True, "one-click"),
        (False, "one-click"),
    ]
    [record] = email.ports.records.list_by_user(email.user)
    assert email.again(email.ask(record, category="news")).status is Status.DELIVERED
    assert address not in page


def test_an_undo_without_a_click_changes_nothing(email: Consumer, link: str) -> None:
    status, page = call("POST", link, UNDO)

    assert (status, "Nothing has changed" in page) == (200, True)
    assert ledger(email) is None


def test_an_undo_does_not_reopen_what_the_application_has_closed(
    email: Consumer, link: str, api: Api
) -> None:
    api("PUT", f"/opt-outs/{email.user}", {"active": True, "categories": ["news"]})

    assert 'value="resubscribe"' not in call("POST", link, ONE_CLICK)[1]
    assert "Nothing has changed" in call("POST", link, UNDO)[1]
    assert get_opt_out(email.ports, email.user).scopes == {"category:news"}


@pytest.mark.parametrize("body", [f"{ONE_CLICK}&{UNDO}", f"{UNDO}&{ONE_CLICK}"])
def test_a_mail_programs_one_click_always_unsubscribes(
    email: Consumer, link: str, body: str
) -> None:
    call("POST", link, ONE_CLICK)

    assert "unsubscribed" in call("POST", link, body)[1]
    assert get_opt_out(email.ports, email.user).scopes == {"category:news"}


@pytest.mark.parametrize(
    ("locale", "header", "language", "direction"),
    [
        (None, "", "en", "ltr"),
        (None, "ja, fr-CA;q=0.5, de;q=0.8", "de", "ltr"),
        ("ar-EG", "de", "ar", "rtl"),
        ("ja", "de", "de", "ltr"),
    ],
)
def test_the_page_is_in_the_language_of_the_user_or_of_the_browser(
    email: Consumer, link: str, locale: str | None, header: str, language: str, direction: str
) -> None:
    email.ports.user_settings.put(UserSettings(user=email.user, locale=locale))
    headers = {"accept-language": header}

    answer = lambda_handler(proxy_event("GET", link, "/unsubscribe/{token}", "", headers), None)

    assert f'<html lang="{language}" dir="{direction}">' in answer["body"]
    assert answer["headers"]["Content-Language"] == language
    assert texts_in(language)["unsubscribe"] in answer["body"]


def test_a_click_that_waits_for_a_provider_in_vain_can_be_repeated_and_undone(
    email: Consumer, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opt-out is stored, but the page cannot yet say that nothing more is sent."""
    [record] = email.ports.records.list_by_user(email.user)
    waiting = email.ask(record, category="news")
    now = utc_now()
    [sending] = email.ports.notifications.claim(
        [wake_up_for(waiting)], a_claim(now, "another consumer"), now, "email"
    )
    assert isinstance(sending, Notification)
    monkeypatch.setattr(opt_outs, "PATIENCE", timedelta(0))

    status, page = call("POST", link, ONE_CLICK)

    assert (status, "Please try again" in page, ONE_CLICK.partition("=")[0] in page) == (
        503,
        True,
        True,
    )
    assert get_opt_out(email.ports, email.user).scopes == {"category:news"}
    assert call("POST", link, UNDO)[0] == 200
    assert get_opt_out(email.ports, email.user).scopes == frozenset()
