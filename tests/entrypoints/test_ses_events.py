"""What SES's events say."""

from typing import Any

import pytest

from notification_core.domain.delivery import Complained, Confirmed, Delayed
from notification_core.domain.failures import ErrorClass, ProviderError
from notification_core.entrypoints.ses_events import attempt_in_event, ids_in_event, report_content

MAIL = {"messageId": "m", "tags": {"notification": ["n"]}, "destination": ["eggs@example.com"]}


def test_an_event_names_its_notification_its_mail_and_its_recipient() -> None:
    assert ids_in_event({"mail": MAIL}) == ("n", "m", "eggs@example.com")
    assert ids_in_event({"mail": MAIL | {"destination": []}}) == ("n", "m", None)


@pytest.mark.parametrize(
    ("tags", "attempt"),
    [
        ({"attempt": ["2"]}, 2),
        ({"attempt": ["2", "3"]}, 2),
        ({"notification": ["n"]}, None),
        ({"attempt": []}, None),
        ({"attempt": ["x"]}, None),
        (None, None),
    ],
)
def test_an_event_has_its_attempt_unless_it_is_older_than_that_tag(
    tags: Any, attempt: int | None
) -> None:
    assert attempt_in_event({"mail": MAIL | {"tags": tags}}) == attempt
    assert attempt_in_event({}) is None


@pytest.mark.parametrize(
    "mail",
    [
        None,
        {},
        MAIL | {"tags": None},
        MAIL | {"tags": {"notification": []}},
        MAIL | {"tags": {"other": ["n"]}},
        MAIL | {"messageId": None},
    ],
)
def test_a_mail_that_we_did_not_send_has_no_notification_id(mail: Any) -> None:
    assert ids_in_event({"mail": mail}) is None


def test_a_delivery_and_delays_are_read() -> None:
    delay = {"deliveryDelay": {"delayType": "MailboxFull"}}

    assert report_content({"eventType": "Delivery"}) == Confirmed()
    assert report_content({"eventType": "DeliveryDelay"} | delay) == Delayed(
        "SES is still trying: MailboxFull"
    )
    assert report_content({"eventType": "DeliveryDelay"}) == Delayed("SES is still trying: unknown")


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        ({"complaintFeedbackType": "abuse"}, "abuse"),
        ({"complaintFeedbackType": None}, "complaint"),
        (None, "complaint"),
    ],
)
def test_a_complaint_has_its_kind(complaint: Any, kind: str) -> None:
    event = {"eventType": "Complaint", "complaint": complaint}

    assert report_content(event) == Complained("Complaint", kind)


@pytest.mark.parametrize(
    ("bounce", "codes"),
    [
        (
            {"bounceType": "Permanent", "bounceSubType": "NoEmail"},
            ["Bounce Permanent NoEmail", "Bounce Permanent"],
        ),
        ({"bounceType": "Transient"}, ["Bounce Transient ", "Bounce Transient"]),
        ({}, ["Bounce Undetermined ", "Bounce Undetermined"]),
        (None, ["Bounce Undetermined ", "Bounce Undetermined"]),
    ],
)
def test_a_bounce_is_named_by_its_kinds(bounce: Any, codes: list[str]) -> None:
    news = report_content({"eventType": "Bounce", "bounce": bounce})

    assert isinstance(news, ProviderError)
    assert (news.codes, news.otherwise) == (codes, ErrorClass.MESSAGE)


@pytest.mark.parametrize(
    ("recipient", "subtype", "first"),
    [
        ({"status": "5.7.26", "diagnosticCode": "smtp; 550-5.7.26 no"}, "General", "5.7.26"),
        ({"status": "5.0.0", "diagnosticCode": "smtp; 550 5.7.515 no"}, "General", "5.7.515"),
        ({"status": "5.3.0", "diagnosticCode": None}, "General", "5.3.0"),
        ({"status": None}, "General", "Bounce Permanent General"),
        ({"status": "5.1.1"}, "Suppressed", "Bounce Permanent Suppressed"),
        (
            {"status": "5.1.1"},
            "OnAccountSuppressionList",
            "Bounce Permanent OnAccountSuppressionList",
        ),
    ],
)
def test_a_bounce_is_named_by_the_servers_code_if_there_is_one(
    recipient: dict[str, Any], subtype: str, first: str
) -> None:
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
    }
    news = report_content({"eventType": "Bounce", "bounce": bounce})

    assert isinstance(news, ProviderError)
    assert news.codes[0] == first
    assert news.codes[-2:] == [f"Bounce Permanent {subtype}", "Bounce Permanent"]


def test_a_bounce_brings_the_words_of_the_recipients_server() -> None:
    recipient = {"emailAddress": "eggs@example.com", "diagnosticCode": "smtp; 550 5.1.1 unknown"}
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [recipient]}
    news = report_content({"eventType": "Bounce", "bounce": bounce})

    assert isinstance(news, ProviderError)
    assert news.message == "smtp; 550 5.1.1 unknown"


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "", None])
def test_other_kinds_of_events_are_ignored(kind: str | None) -> None:
    assert report_content({"eventType": kind}) is None
