"""The fault injector of `make chaos`: a restart that keeps the state, and forged messages."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.cloud import Cloud
from infra.local.emulator import last_ports
from infra.local.layout import StackError
from infra.local.stack import LocalStack
from tests.chaos.fault_injector import FORGERIES, Entry, workers_of

SQS_LIMIT = 262_144  #: bytes of a message


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """Both processes, with nothing deployed."""
    made = LocalStack(tmp_path, say=lambda _: None)
    made._start_processes(persist=True)
    yield made
    made.down()


def test_a_restart_keeps_the_state_and_leaves_the_simulator_alone(stack: LocalStack) -> None:
    ports = last_ports(stack.layout)
    assert ports is not None
    cloud, before = Cloud(ports.endpoint), (stack.emulator_pid, stack._simulator.pid)
    url = cloud.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="body")

    stack.restart_emulator()

    assert stack.emulator_pid not in {None, before[0]}
    assert stack._simulator.pid == before[1]
    [message] = cloud.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "body"


def test_what_is_down_is_not_restarted(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="Only an emulator that is up"):
        LocalStack(tmp_path).restart_emulator()


def test_no_worker_is_found_where_there_is_no_emulator_or_no_function(stack: LocalStack) -> None:
    assert workers_of(None) == []
    assert workers_of(stack.emulator_pid) == []


@pytest.mark.parametrize(("kind", "forgery"), FORGERIES)
def test_a_forged_message_fits_into_a_queue(kind: str, forgery: object) -> None:
    entries = [Entry(str(uuid4()), "SCHEDULED", "email", 1_800_000_000_000, "t") for _ in range(40)]

    body = forgery(entries)  # type: ignore[operator]

    assert 0 < len(body.encode()) <= SQS_LIMIT, kind
    if kind != "garbage":
        json.loads(body)
