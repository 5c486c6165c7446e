"""The alarms of a stack, read from CloudWatch at most once a minute."""

import socket
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session

from notification_core.adapters.cloudwatch_alarms import (
    CONFIG,
    CloudWatchAlarms,
    RecentAlarms,
)
from notification_core.domain.alarms import Alarm, AlarmState
from notification_core.domain.errors import Unavailable
from tests.builders import NOON, Watch


class Counted:
    """Alarms that count how often they are read."""

    def __init__(self) -> None:
        self.reads, self.answers = 0, True

    def list(self) -> Sequence[Alarm]:
        """Return one alarm, or do not answer."""
        self.reads += 1
        if not self.answers:
            raise Unavailable
        return [Alarm(name=f"system-{self.reads}", state=AlarmState.OK, since=NOON)]


def test_alarms_are_read_once_a_minute_however_many_pages_ask() -> None:
    counted, watch = Counted(), Watch(NOON)
    alarms = RecentAlarms(counted, watch)

    names = {alarm.name for _ in range(100) for alarm in alarms.list()}
    assert names == {"system-1"}
    watch.forward(seconds=59)
    alarms.list()
    assert counted.reads == 1
    watch.forward(seconds=1)
    assert [alarm.name for alarm in alarms.list()] == ["system-2"]


def test_an_answer_that_does_not_come_is_not_awaited_again_for_a_minute() -> None:
    counted, watch = Counted(), Watch(NOON)
    counted.answers, alarms = False, RecentAlarms(counted, watch)

    for _ in range(3):
        with pytest.raises(Unavailable):
            alarms.list()
    assert counted.reads == 1
    counted.answers = True
    watch.forward(seconds=60)
    assert alarms.list()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def client(url: str, config: Config) -> Any:
    """A client of CloudWatch."""
    return Session().create_client(
        "cloudwatch",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=config,
    )


def test_a_cloudwatch_that_says_nothing_is_given_up_after_one_attempt(silent_port: int) -> None:
    hasty = CONFIG.merge(Config(read_timeout=0.05))
    assert CONFIG.connect_timeout + CONFIG.read_timeout <= 1.5
    silent = client(f"http://127.0.0.1:{silent_port}", hasty)

    with pytest.raises(Unavailable):
        CloudWatchAlarms(lambda: silent, "notifications-").list()
