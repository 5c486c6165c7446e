"""`send_mail` and password resets go through the notification system."""

from collections.abc import Callable
from typing import Any

import django
import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, mail_admins, send_mail
from django.test import Client as Browser

from notification_system import ServerError
from notification_system.django import UnsupportedEmail
from tests.django.conftest import mailer

BACKEND = "notification_system.django.EmailBackend"

#: From Django 6.1 on.
SILENTLY = pytest.mark.filterwarnings("ignore:The 'fail_silently' argument is deprecated")


@pytest.fixture(autouse=True)
def backend(configure: Callable[..., None]) -> None:
    ann = "ann@example.com" if django.VERSION >= (6, 0) else ("Ann", "ann@example.com")
    configure(**mailer(BACKEND), ADMINS=[ann])


def only(api: Any, user: str) -> Any:
    [notification] = api.notifications(user=user)
    return notification


def test_a_text_is_sent_to_each_recipient(api: Any) -> None:
    recipients = ["Gus <gus@example.com>", "ida@example.com", "gus@example.com"]

    assert send_mail("Hello", "See you on Friday.", None, recipients) == 1

    for user in ("gus@example.com", "ida@example.com"):
        notification = only(api, user)
        assert (notification.title, notification.body) == ("Hello", "See you on Friday.")
        assert notification.category == "security"


def test_text_and_html_are_both_kept(api: Any) -> None:
    send_mail("Hello", "The text.", None, ["gus@example.com"], html_message="<p>The HTML.</p>")

    notification = only(api, "gus@example.com")
    assert notification.body == "<p>The HTML.</p>"
    assert notification.extra == {"text": "The text."}


def test_a_text_with_angle_brackets_stays_a_text(api: Any) -> None:
    send_mail("Hello", "a <b>c\nhttps://example.com", None, ["gus@example.com"])

    notification = only(api, "gus@example.com")
    assert notification.extra == {"text": "a <b>c\nhttps://example.com"}
    assert "a &lt;b&gt;c<br>" in notification.body
    assert '<a href="https://example.com"' in notification.body


def test_an_html_message_and_a_reply_to_are_sent(api: Any) -> None:
    message = EmailMessage(
        "Hello", "<p>Hi</p>", to=["gus@example.com"], reply_to=["Help <help@example.com>"]
    )
    message.content_subtype = "html"

    assert message.send() == 1
    notification = only(api, "gus@example.com")
    assert (notification.body, notification.extra) == (
        "<p>Hi</p>",
        {"reply_to": "help@example.com"},
    )


def test_the_name_of_the_sender_is_kept(api: Any) -> None:
    sender = "The Shop <webmaster@localhost>"
    send_mail("Hello", "Hi", sender, ["gus@example.com"])
    send_mail("Hello", "Hi", f"{'n' * 65} <webmaster@localhost>", ["ida@example.com"])

    assert only(api, "gus@example.com").extra == {"from_name": "The Shop"}
    assert not only(api, "ida@example.com").extra


def test_a_long_report_to_the_admins_is_sent(api: Any) -> None:
    mail_admins("Broken", "<module> " + "x" * 40_000)

    notification = only(api, "ann@example.com")
    assert "&lt;module&gt;" in notification.body
    assert not notification.extra


def test_a_long_text_beside_html_raises() -> None:
    with pytest.raises(UnsupportedEmail, match="more than 30,000 characters"):
        send_mail("a", "x" * 30_001, None, TO, html_message="<p>b</p>")


def test_a_mail_without_a_recipient_is_not_sent() -> None:
    assert send_mail("a", "b", None, []) == 0


def test_mails_to_the_admins_are_sent(api: Any) -> None:
    mail_admins("Broken", "A page has failed.")

    assert only(api, "ann@example.com").title == "[Django] Broken"


def with_alternative() -> EmailMessage:
    message = EmailMultiAlternatives("a", "b", to=["gus@example.com"])
    message.attach_alternative("BEGIN:VCALENDAR", "text/calendar")
    return message


def with_attachment() -> EmailMessage:
    message = EmailMessage("a", "b", to=["gus@example.com"])
    message.attach("invoice.pdf", b"%PDF", "application/pdf")
    return message


TO = ["gus@example.com"]
UNSUPPORTED: dict[str, tuple[Callable[[], EmailMessage], str]] = {
    "cc": (lambda: EmailMessage("a", "b", to=TO, cc=["x@example.com"]), "does not send cc. List"),
    "bcc": (lambda: EmailMessage("a", "b", to=TO, bcc=["x@example.com"]), "does not send bcc"),
    "only bcc": (lambda: EmailMessage("a", "b", bcc=["x@example.com"]), "does not send bcc"),
    "attachment": (with_attachment, "does not send attachments. Put the file on a page"),
    "alternative": (with_alternative, "does not send alternatives"),
    "headers": (lambda: EmailMessage("a", "b", to=TO, headers={"X-A": "b"}), "headers. Remove"),
    "sender": (
        lambda: EmailMessage("a", "b", "ceo@example.com", TO),
        "not from ceo@example.com. Leave out from_email, and pass reply_to",
    ),
}


@SILENTLY
@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_cannot_be_sent_raises_and_says_what_to_do(case: str, api: Any) -> None:
    make, words = UNSUPPORTED[case]

    with pytest.raises(UnsupportedEmail, match=words):
        make().send(fail_silently=True)
    assert list(api.notifications(user="gus@example.com")) == []


@SILENTLY
def test_a_failure_raises_unless_it_is_to_be_silent(fail: Callable[[int], None]) -> None:
    fail(2)

    with pytest.raises(ServerError):
        send_mail("Hello", "x", None, ["gus@example.com"])
    assert send_mail("Hello", "x", None, ["gus@example.com"], fail_silently=True) == 0


def test_an_address_that_was_switched_off_gets_nothing_and_is_logged(
    api: Any, user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    [record] = api.records(str(user.pk))
    api.change_record(record.id, active=False)

    assert Browser().post("/accounts/password_reset/", {"email": user.email}).status_code == 302
    assert send_mail("Hello", "x", None, [user.email]) == 0
    assert send_mail("Hello", "x", None, [user.email, "gus@example.com"]) == 1
    assert list(api.notifications(user=str(user.pk))) == []
    assert only(api, "gus@example.com").title == "Hello"
    assert "is switched off" in caplog.text


def test_a_password_reset_is_sent_to_a_user_who_has_opted_out_of_everything(
    api: Any, user: Any
) -> None:
    api.set_opt_out(str(user.pk), active=True)

    response = Browser().post("/accounts/password_reset/", {"email": user.email})

    assert response.status_code == 302
    notification = only(api, str(user.pk))
    assert "Password reset on testserver" in notification.title
    assert "/accounts/reset/" in notification.body
    assert notification.status == "SCHEDULED"
