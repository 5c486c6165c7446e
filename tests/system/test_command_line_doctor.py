"""`notify doctor` on the deployed stack: it finds what is wrong, and its remedies work."""

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from notification_core.adapters.sqs_queues import to_body
from notification_core.domain.due import WakeUp
from notification_system.cli.doctor import CHECKS, CONFIGURATION
from tests.cli.conftest import notify
from tests.system.conftest import Run, System, wait_for

pytestmark = pytest.mark.stack


def wrong(told: Any, check: str) -> list[Any]:
    """Return what a check found wrong: the other tests leave alarms and dead letters behind."""
    return [
        finding for finding in told["findings"] if finding["check"] == check and not finding["ok"]
    ]


def test_a_deployment_that_is_well_is_found_well(system: System) -> None:
    ran = notify("doctor", "--json", "--local", str(system.stack.layout.stack))
    told = json.loads(ran.out)

    assert {finding["check"] for finding in told["findings"]} == set(CHECKS)
    assert ran.code == (0 if told["ok"] else 1)
    for check in CONFIGURATION:
        assert wrong(told, check) == []
    skipped = {item["check"] for item in told["findings"] if item["state"] == "skipped"}
    assert skipped == {"ses account", "lambda limits"}
    assert all(bool(finding["remedy"]) is not finding["ok"] for finding in told["findings"])


def typed(system: System, command: str) -> None:
    """Do what a command of the AWS CLI does: its options are the members of a request."""
    words = shlex.split(command)
    words = words[words.index("--region") + 2 :]
    service, operation, *options = words
    client = system.client(service)
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    members = {f"--{xform_name(member, '-')}": member for member in shape.input_shape.members}
    said: dict[str, Any] = {}
    while options:
        name = options.pop(0)
        if shape.input_shape.members[members[name]].type_name == "boolean":
            said[members[name]] = True
            continue
        text = options.pop(0)
        plain = shape.input_shape.members[members[name]].type_name == "string"
        said[members[name]] = text if plain else json.loads(text)
    getattr(client, method)(**said)


def test_a_clock_that_was_switched_off_is_found_and_its_remedy_mends_it(
    system: System, ask: Callable[..., Any], run: Run
) -> None:
    client = system.client("scheduler")
    names = [schedule["Name"] for schedule in client.list_schedules()["Schedules"]]
    [name] = [each for each in names if "Dispatcher" in each]
    before = client.get_schedule(Name=name)
    kept = {key: before[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(Name=name, State="DISABLED", **kept)

    [found] = wrong(ask("doctor", code=1), "schedule")
    shown = run("doctor", code=1).out
    typed(system, found["remedy"])

    assert name in found["message"]
    assert f"scheduler update-schedule --name {name} --state ENABLED" in found["remedy"]
    assert "FAIL  schedule" in shown
    assert "found." in shown
    after = client.get_schedule(Name=name)
    assert {key: after[key] for key in kept} == kept
    assert is_well(system, "schedule")


def test_an_empty_secret_is_found_and_its_remedy_named_and_its_words_kept(
    system: System, ask: Callable[..., Any]
) -> None:
    kept = system.secret("twilio")
    system.put_secret("twilio", auth_token="")
    try:
        told = ask("doctor", code=1)
    finally:
        system.put_secret("twilio", **kept)

    [found] = wrong(told, "secrets")
    assert "notifications/twilio: auth_token is empty" in found["message"]
    assert "put-secret-value --secret-id notifications/twilio" in found["remedy"]
    assert kept["account_sid"] not in json.dumps(told)


def test_a_key_of_the_deployment_is_missed_and_not_read(
    system: System, ask: Callable[..., Any]
) -> None:
    names = ("access_key_id", "secret_access_key")
    key = {f"aws_{name}": system.access[f"operator_{name}"] for name in names}
    secrets = system.client("secretsmanager")
    secrets.delete_secret(SecretId="notifications/erasure", RecoveryWindowInDays=7)

    [found] = wrong(ask("doctor", code=1), "secrets")
    typed(system, found["remedy"])

    assert "notifications/erasure was deleted" in found["message"]
    assert is_well(system, "secrets")
    with pytest.raises(ClientError, match="not authorized"):
        system.client("secretsmanager", key).get_secret_value(SecretId="notifications/erasure")


def test_a_queue_without_a_consumer_is_found_and_its_remedy_repairs_it(
    system: System, ask: Callable[..., Any]
) -> None:
    client = system.client("lambda")
    function = system.access["functions"]["DeliverExpo"]
    [source] = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=source["UUID"], Enabled=False)

    [found] = wrong(ask("doctor", code=1), "queues")
    typed(system, found["remedy"])

    assert "notifications-deliver-expo is disabled" in found["message"]
    wait_for(lambda: is_well(system, "queues"))


def test_a_queue_that_gives_up_to_nowhere_is_found_and_its_remedy_mends_it(
    system: System, ask: Callable[..., Any]
) -> None:
    sqs = system.client("sqs")
    url = sqs.get_queue_url(QueueName="notifications-deliver-email")["QueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})

    [found] = wrong(ask("doctor", code=1), "queues")
    typed(system, found["remedy"])

    assert "The dead-letter queue of notifications-deliver-email is not set" in found["message"]
    after = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    said = [json.loads(each["Attributes"]["RedrivePolicy"]) for each in (before, after)]
    assert said[0] == said[1]
    assert is_well(system, "queues")


def is_well(system: System, check: str) -> bool:
    """Whether a check finds nothing wrong."""
    ran = notify("doctor", "--json", "--local", str(system.stack.layout.stack))
    return wrong(json.loads(ran.out), check) == []


def test_a_dead_letter_is_seen_by_the_notification_and_by_the_doctor(
    system: System, user: str, ask: Callable[..., Any]
) -> None:
    system.register(user, "Twilio", "+15551230077")
    later = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    [asked] = system.notify(user=user, scheduled_delivery=later)
    due = int(datetime.fromisoformat(asked["scheduled_delivery"]).timestamp() * 1000)
    sqs = system.client("sqs")
    url = sqs.get_queue_url(QueueName="notifications-dead-letters-twilio")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=to_body([WakeUp(due, asked["id"])]))
    system.read_dead_letters()
    wait_for(lambda: system.read(asked)["status"] == "DELIVERY FAILURE")

    found = wrong(ask("doctor", code=1), "dead letters")

    [letter] = [each for each in found if each["message"].startswith("twilio: ")]
    command = shlex.split(letter["remedy"])
    assert command[:6] == ["notify", "redrive", "--target", "Twilio", "--code", "dead-letter"]
    counted = ask(*command[1:6], "--dry-run")
    assert counted["counts"]["redriven"] >= 1
