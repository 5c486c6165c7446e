"""Who may do what on the deployed stack."""

from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from infra.local.caller import Caller
from tests.system.conftest import System

pytestmark = pytest.mark.stack


def test_an_unsigned_request_is_refused(system: System) -> None:
    answer = requests.get(f"{system.access['api_url']}/targets", timeout=10)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"secret_access_key": "wrong"},
        {"access_key_id": "AKIAUNKNOWN"},
        {"region": "eu-west-1"},
    ],
)
def test_a_wrongly_signed_request_is_refused(system: System, change: dict[str, str]) -> None:
    stranger = Caller({**system.access, **change})

    assert stranger("GET", "/targets").status == 403


def test_the_caller_may_invoke_the_api_and_nothing_else(system: System) -> None:
    key = {
        "aws_access_key_id": system.access["access_key_id"],
        "aws_secret_access_key": system.access["secret_access_key"],
    }

    assert system.api("GET", "/targets").status == 200
    for service, call in [
        ("dynamodb", "list_tables"),
        ("sqs", "list_queues"),
        ("s3", "list_buckets"),
    ]:
        with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
            getattr(system.client(service, key), call)()


@pytest.mark.parametrize(
    ("function", "service", "call", "arguments"),
    [
        ("Dispatcher", "dynamodb", "scan", {"TableName": "NotificationsTable"}),
        (
            "Dispatcher",
            "dynamodb",
            "get_item",
            {"TableName": "OptOutsTable", "Key": {"user": {"S": "u"}}},
        ),
        ("DeliverExpo", "dynamodb", "scan", {"TableName": "RecordsTable"}),
        ("DeliverExpo", "secretsmanager", "get_secret_value", {"SecretId": "notifications/twilio"}),
        (
            "DeliverExpo",
            "sqs",
            "send_message",
            {"QueueUrl": "notifications-deliver-email", "MessageBody": "{}"},
        ),
        ("DeliverExpo", "sqs", "receive_message", {"QueueUrl": "notifications-deliver-email"}),
        ("MailEvents", "sqs", "receive_message", {"QueueUrl": "notifications-deliver-email"}),
        ("Jobs", "sqs", "receive_message", {"QueueUrl": "notifications-deliver-expo"}),
        ("DeadLetters", "sqs", "receive_message", {"QueueUrl": "notifications-jobs"}),
        ("DeliverEmail", "s3", "get_object", {"Bucket": "ContentBucket", "Key": "dead-letters/1"}),
        ("DeliverTwilio", "sesv2", "send_email", {"Content": {}}),
        ("Api", "secretsmanager", "get_secret_value", {"SecretId": "notifications/twilio"}),
        ("Register", "dynamodb", "scan", {"TableName": "NotificationsTable"}),
    ],
)
def test_a_function_cannot_step_outside_its_role(
    system: System, function: str, service: str, call: str, arguments: dict[str, Any]
) -> None:
    if "TableName" in arguments:
        table = system.access["outputs"][arguments["TableName"]]
        arguments = arguments | {"TableName": table}
    if "Bucket" in arguments:
        arguments = arguments | {"Bucket": system.access["outputs"][arguments["Bucket"]]}
    if "QueueUrl" in arguments:
        url = system.client("sqs").get_queue_url(QueueName=arguments["QueueUrl"])["QueueUrl"]
        arguments = arguments | {"QueueUrl": url}
    client = system.client(service, role_of(system, function))

    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        getattr(client, call)(**arguments)


def role_of(system: System, function: str) -> dict[str, str]:
    """Credentials of a function's own role."""
    name = system.access["functions"][function]
    role = system.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    sts = system.client("sts")
    made = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
