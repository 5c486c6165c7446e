"""The simulator as SES: SendEmail by boto3, and the events that follow."""

import json
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from infra.local import emulator as local
from infra.local.daemons import Daemon
from infra.local.layout import Layout
from infra.simulator.mail.ses_events import Mail, bounced, events_for
from tests.simulator import Running, eventually, running

SENDER = "Sender <sender@example.com>"
SHORT = 0.3  # seconds: a client that gives up


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    """One that no other module's tests have written to, and without an emulator."""
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of an emulator that enforces IAM and has EventBridge."""
    layout = Layout(tmp_path_factory.mktemp("emulator"))
    ports = local.choose_ports(layout, persist=False)
    daemon = Daemon("emulator", layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "SERVICES", sorted({*local.SERVICES, "events"}))
        local.start_emulator(daemon, layout, ports)
    daemon.wait_for(f"{ports.endpoint}/_ministack/health")
    aws("ses", ports.endpoint).verify_email_identity(EmailAddress="sender@example.com")
    yield ports.endpoint
    daemon.stop()


@pytest.fixture(scope="module")
def emulated(emulator: str) -> Iterator[Running]:
    """One that passes the mails on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        with running("--emulator-url", emulator) as started:
            yield started


def aws(service: str, url: str, key: str = "test", secret: str = "test", timeout: float = 5) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=timeout),
    )


def send(simulator: Running, *to: str, client: Any = None, **fields: Any) -> str:
    """Send a mail; returns its MessageId."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = ", ".join(to)
    message["Subject"] = "Hallå"
    message["List-Unsubscribe"] = "<https://example.com/out>"
    message.set_content("Hello")
    message.add_alternative("<p>Hello</p>", subtype="html")
    given: dict[str, Any] = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": list(to)},
        "Content": {"Raw": {"Data": message.as_bytes()}},
    }
    answer = (client or aws("sesv2", simulator.url)).send_email(**(given | fields))
    return str(answer["MessageId"])


def published(simulator: Running, to: str, count: int) -> list[dict[str, Any]]:
    """Return a recipient's events once there are so many."""
    found: list[dict[str, Any]] = eventually(
        lambda: simulator.get("/events", to=to)["items"], lambda seen: len(seen) >= count
    )
    return found


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
def test_a_request_that_is_no_mail_is_refused(simulator: Running, body: str) -> None:
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


# --- with an emulator -----------------------------------------------------------------------


@pytest.fixture
def arrived(emulator: str, request: pytest.FixtureRequest) -> Iterator[Callable[[int], list[Any]]]:
    """A queue that gets every event of the simulator."""
    name = f"events-{abs(hash(request.node.name))}"
    queues, bus = aws("sqs", emulator), aws("events", emulator)
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    asked = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["notifications.simulator"]})
    bus.put_rule(Name=name, EventPattern=pattern)
    target = {"Id": "queue", "Arn": asked["Attributes"]["QueueArn"]}
    bus.put_targets(Rule=name, Targets=[target])
    found: list[Any] = []

    def take(count: int) -> list[Any]:
        def more() -> list[Any]:
            answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            found.extend(json.loads(each["Body"]) for each in answer.get("Messages", []))
            return found

        eventually(more, lambda seen: len(seen) >= count)
        return found

    yield take
    bus.remove_targets(Rule=name, Ids=["queue"])
    bus.delete_rule(Name=name)


def test_the_emulator_takes_the_mail_and_the_events(
    emulated: Running, arrived: Callable[[int], list[Any]]
) -> None:
    """The inbox adds the headers and tags that the emulator does not keep."""
    tags = [{"Name": "notification", "Value": "n-3"}]
    to = "complaint-emulated@example.com"
    message_id = send(emulated, to, ConfigurationSetName="events", EmailTags=tags)
    [item] = emulated.inbox(to)
    assert (item["title"], item["provider_message_id"]) == ("Hallå", message_id)
    assert item["extra"]["ses_type"] == "v2.SendEmail"
    assert item["extra"]["headers"]["List-Unsubscribe"] == "<https://example.com/out>"
    assert item["extra"]["tags"] == {"notification": "n-3"}
    events = arrived(2)
    assert [event["detail-type"] for event in events] == [
        "Email Delivered",
        "Email Complaint Received",
    ]
    assert {event["detail"]["mail"]["messageId"] for event in events} == {message_id}
    assert [event["problem"] for event in published(emulated, to, 2)] == [None, None]


def test_the_emulator_refuses_who_may_not_send(emulated: Running, emulator: str) -> None:
    """Its answer comes back as it is, and no event follows."""
    client = aws("sesv2", emulated.url, *access_key(emulator, "nobody"))
    for to in ("eve@example.com", "cut-a@example.com"):
        with pytest.raises(ClientError) as caught:
            send(emulated, to, client=client, ConfigurationSetName="events")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert emulated.outcomes(to) == [("error", 403)]
        assert emulated.inbox(to) == []
        assert emulated.get("/events", to=to)["items"] == []


def test_a_signature_is_good_on_its_way_through(emulated: Running, emulator: str) -> None:
    """It is the emulator that checks it, over the simulator's host."""
    user, secret = access_key(emulator, "sender", "ses:SendEmail", "ses:SendRawEmail")
    assert send(emulated, "fay@example.com", client=aws("sesv2", emulated.url, user, secret))
    with pytest.raises(ClientError, match="ignature"):
        send(emulated, "fay@example.com", client=aws("sesv2", emulated.url, user, secret + "x"))


def access_key(emulator: str, name: str, *actions: str) -> tuple[str, str]:
    """Make a user who may do this and nothing else."""
    users = aws("iam", emulator)
    users.create_user(UserName=name)
    if actions:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        users.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
    key = users.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_a_mail_is_cut_once_the_emulator_has_it(emulated: Running) -> None:
    """The client cannot tell; the inbox can."""
    with pytest.raises(ConnectionClosedError):
        send(emulated, "cut-b@example.com", ConfigurationSetName="events")
    [item] = emulated.inbox("cut-b@example.com")
    assert "List-Unsubscribe" in item["extra"]["headers"]
    assert emulated.outcomes("cut-b@example.com") == [("cut", None)]


def test_an_event_that_the_emulator_refuses_has_a_problem(emulated: Running) -> None:
    """Nobody but AWS may say aws.ses."""
    event = {"source": "aws.ses", "detail-type": "Email Delivered", "detail": {}}
    answer = requests.post(f"{emulated.url}/events", json=event, timeout=5)
    assert answer.status_code == 502
    assert "NotAuthorizedForSource" in answer.json()["problem"]


def test_without_an_emulator_that_answers_or_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail is not taken, and an event is in the log with what went wrong."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with running("--emulator-url", "http://127.0.0.1:9") as simulator:
        with pytest.raises(ClientError, match="No answer from the emulator"):
            send(simulator, "eve@example.com")
        event = {"detail-type": "Email Delivered", "detail": {}}
        answer = requests.post(f"{simulator.url}/events", json=event, timeout=5)
        assert answer.status_code == 502
        assert "AWS_ACCESS_KEY_ID" in answer.json()["problem"]


def test_a_mail_that_the_emulator_has_forgotten_stays_in_the_inbox(
    emulated: Running, emulator: str
) -> None:
    """A restarted emulator keeps no mails."""
    before = send(emulated, "gus@example.com", EmailTags=[{"Name": "n", "Value": "1"}])
    assert requests.post(f"{emulator}/_ministack/reset", timeout=10).status_code == 200

    [item] = emulated.inbox("gus@example.com")

    assert (item["title"], item["provider_message_id"]) == ("Hallå", before)
    assert item["extra"]["tags"] == {"n": "1"}
