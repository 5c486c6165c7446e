"""The simulator as SES: SendEmail by boto3, and the events that follow."""

import time
from typing import Any

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from infra.simulator.mail.ses_events import Mail, bounced, events_for
from tests.infra.ses_client import SENDER, aws, published, send
from tests.simulator import SHORT, Running

# --- SendEmail ------------------------------------------------------------------------------


def test_a_mail_is_accepted(simulator: Running) -> None:
    """Both bodies, the headers and the tags are in the inbox, once per recipient."""
    tags = [{"Name": "notification", "Value": "n-1"}]
    message_id = send(simulator, "Ann <ann@example.com>", "bob@example.com", EmailTags=tags)
    [[item], [other]] = [simulator.inbox(f"{name}@example.com") for name in ("ann", "bob")]
    assert (item["target"], item["title"], item["body"]) == ("email", "Hallå", "Hello\n")
    assert item["html"] == "<p>Hello</p>\n"
    assert item["provider_message_id"] == other["provider_message_id"] == message_id
    assert item["extra"]["headers"]["List-Unsubscribe"] == "<https://example.com/out>"
    assert item["extra"]["tags"] == {"notification": "n-1"}
    assert simulator.outcomes("ann@example.com") == [("ok", 200)]
    assert simulator.get("/events", to="ann@example.com")["items"] == []


@pytest.mark.parametrize(
    ("local_part", "code", "status", "text"),
    [
        ("error-TooManyRequestsException-a", "TooManyRequestsException", 429, ""),
        ("error-ThrottlingException", "ThrottlingException", 400, "Maximum sending rate exceeded."),
        ("error-DailyQuota-a", "ThrottlingException", 400, "Daily message quota exceeded."),
        ("error-MessageRejected-a", "MessageRejected", 400, ""),
        ("error-NotVerified-a", "MessageRejected", 400, "Email address is not verified. The"),
        ("error-NotFoundException-a", "NotFoundException", 404, ""),
        ("error-AccessDeniedException-a", "AccessDeniedException", 403, ""),
        ("error-InternalFailure-a", "InternalFailure", 500, ""),
        ("error-ServiceUnavailable-a", "ServiceUnavailable", 503, ""),
        ("error-SendingPausedException-a", "SendingPausedException", 400, ""),
        ("fail-1-a", "ServiceUnavailable", 503, ""),
        ("throttle-1-a", "TooManyRequestsException", 429, ""),
        ("http-502-a", "502", 502, ""),
    ],
)
def test_a_mail_is_refused(
    simulator: Running, local_part: str, code: str, status: int, text: str
) -> None:
    """The SDK raises the code with the right HTTP status and nothing lands in the inbox."""
    to = f"{local_part}@example.com"
    with pytest.raises(ClientError) as caught:
        send(simulator, to)
    answer: Any = caught.value.response
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"].startswith(text)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    throttled = local_part.startswith("throttle")
    assert ("retry-after" in answer["ResponseMetadata"]["HTTPHeaders"]) == throttled
    assert simulator.inbox(to) == []


def test_a_mail_fails_once_then_succeeds(simulator: Running) -> None:
    """Each attempt is in the request log."""
    with pytest.raises(ClientError):
        send(simulator, "fail-1-b@example.com")
    send(simulator, "fail-1-b@example.com")
    assert simulator.outcomes("fail-1-b@example.com") == [("fail", 503), ("ok", 200)]


def test_a_mail_is_slow(simulator: Running) -> None:
    """The answer takes as many milliseconds as the local part says."""
    started = time.monotonic()
    send(simulator, "slow-200-a@example.com")
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(("local_part", "accepted"), [("hang-9-a", 1), ("cut-a", 1), ("drop-a", 0)])
def test_a_mail_is_not_answered(simulator: Running, local_part: str, accepted: int) -> None:
    """Only the inbox knows whether it was taken, and no event tells."""
    to = f"{local_part}@example.com"
    client = aws("sesv2", simulator.url, timeout=SHORT)
    with pytest.raises(BotoCoreError):
        send(simulator, to, client=client, ConfigurationSetName="events")
    assert len(simulator.inbox(to)) == accepted
    time.sleep(0.15)
    assert simulator.get("/events", to=to)["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        '{"Destination": {"ToAddresses": ["a@example.com"]}}',
        '{"Destination": {"ToAddresses": ["a@example.com"]}, "Content": {"Raw": {"Data": "!"}}}',
        '{"Destination": {}, "Content": {"Raw": {"Data": ""}}}',
    ],
)
def test_a_request_without_a_mail_is_refused(simulator: Running, body: str) -> None:
    """As a bad request of SES."""
    url = f"{simulator.url}/v2/email/outbound-emails"
    answer = requests.post(url, data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert answer.json()["message"]


# --- events ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "types"),
    [
        ("eve@example.com", ["Email Delivered"]),
        ("slow-1-a@example.com", ["Email Delivered"]),
        ("fail-0-a@example.com", ["Email Delivered"]),
        ("bounce-Permanent-General-1@example.com", ["Email Bounced"]),
        ("complaint-a@example.com", ["Email Delivered", "Email Complaint Received"]),
        (
            "delay-a@example.com",
            ["Email Delivery Delayed", "Email Delivery Delayed", "Email Delivered"],
        ),
        ("reject-a@example.com", ["Email Rejected"]),
        ("silent-a@example.com", []),
        ("success@simulator.amazonses.com", ["Email Delivered"]),
        ("bounce@simulator.amazonses.com", ["Email Bounced"]),
        ("complaint@simulator.amazonses.com", ["Email Delivered", "Email Complaint Received"]),
        ("suppressionlist@simulator.amazonses.com", ["Email Bounced"]),
    ],
)
def test_the_recipient_decides_the_events(simulator: Running, to: str, types: list[str]) -> None:
    """They are published in order, after the answer, and carry the mail's id and tags."""
    tags = [{"Name": "notification", "Value": "n-2"}]
    message_id = send(simulator, to, ConfigurationSetName="events", EmailTags=tags)
    found = published(simulator, to, len(types))
    time.sleep(0.1)
    assert [event["detail-type"] for event in found] == types
    for event in found:
        mail = event["detail"]["mail"]
        assert event["source"] == "notifications.simulator"
        assert (mail["messageId"], mail["destination"]) == (message_id, [to])
        assert mail["tags"]["notification"] == ["n-2"]
        assert mail["tags"]["ses:configuration-set"] == ["events"]
        assert mail["commonHeaders"]["subject"] == "Hallå"
        assert event["problem"] is None


@pytest.mark.parametrize(
    ("local_part", "kind", "subtype", "status"),
    [
        ("bounce-Permanent-General-1", "Permanent", "General", "5.1.1"),
        ("bounce-Permanent-OnAccountSuppressionList", None, "OnAccountSuppressionList", "5.1.1"),
        ("bounce-Transient-MailboxFull", "Transient", "MailboxFull", "5.2.2"),
        ("bounce-Transient-General-a-b", "Transient", "General", "4.4.7"),
        ("bounce-Undetermined-Undetermined", "Undetermined", "Undetermined", "5.0.0"),
        ("bounce-permanent-5.7.26-a", "Permanent", "General", "5.0.0"),
        ("bounce-Transient-4.7.26", "Transient", "General", "4.0.0"),
    ],
)
def test_a_bounce_has_its_type(
    local_part: str, kind: str | None, subtype: str, status: str
) -> None:
    """The builder needs no simulator."""
    to = f"{local_part}@example.com"
    mail = Mail(message_id="m-1", source=SENDER, destination=[to], configuration_set="events")
    [event] = events_for(mail)
    bounce = event["detail"]["bounce"]
    assert event["detail"]["eventType"] == "Bounce"
    assert (bounce["bounceType"], bounce["bounceSubType"]) == (kind or "Permanent", subtype)
    [recipient] = bounce["bouncedRecipients"]
    assert (recipient["emailAddress"], recipient["status"]) == (to, status)


def test_each_event_has_the_part_it_is_named_for() -> None:
    """As SES's developer guide shows them."""
    parts = {}
    for local_part in ("complaint-1", "delay-1", "reject-1"):
        to = [f"{local_part}@example.com"]
        mail = Mail(message_id="m", source=SENDER, destination=to, configuration_set="c")
        for event in events_for(mail):
            kind = event["detail"]["eventType"]
            [part] = event["detail"].keys() - {"eventType", "mail"}
            parts[kind] = (part, event["detail"][part])
    assert parts["Delivery"][0] == "delivery"
    assert parts["Delivery"][1]["recipients"] == ["delay-1@example.com"]
    assert parts["Complaint"][0] == "complaint"
    assert parts["Complaint"][1]["complaintFeedbackType"] == "abuse"
    assert parts["Complaint"][1]["complainedRecipients"][0]["emailAddress"].startswith("complaint")
    assert parts["DeliveryDelay"][0] == "deliveryDelay"
    assert parts["DeliveryDelay"][1]["delayType"] == "TransientCommunicationFailure"
    assert parts["Reject"] == ("reject", {"reason": "Bad content"})


def test_an_event_is_published_again_by_hand(simulator: Running) -> None:
    """One from the list, or one from the builder; what is no event is refused by its field."""
    mail = Mail(message_id="m-9", source=SENDER, destination=["z@x.test"], configuration_set="c")
    url = f"{simulator.url}/events"
    assert requests.post(url, json=bounced(mail), timeout=5).status_code == 200
    [listed] = simulator.get("/events", to="z@x.test")["items"]
    again = requests.post(url, json=listed, timeout=5)
    assert again.json()["detail"] == listed["detail"]
    assert len(simulator.get("/events", to="z@x.test")["items"]) == 2
    for field, value in {"source": 1, "detail-type": None, "detail": "x"}.items():
        answer = requests.post(url, json=bounced(mail) | {field: value}, timeout=5)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert requests.post(url, data="[", timeout=5).status_code == 422
