"""The simulator's SES in front of the AWS emulator, which checks permissions and carries events."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError

from infra.local import emulator as local
from infra.local.daemons import Daemon
from infra.local.layout import Layout
from tests.infra.ses_client import aws, published, send
from tests.simulator import Running, eventually, running


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


def test_the_emulator_refuses_a_user_without_permission_to_send(
    emulated: Running, emulator: str
) -> None:
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
