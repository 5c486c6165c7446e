"""The states of the stack's alarms, read from CloudWatch at most once a minute."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from notification_core.domain.alarms import Alarm, AlarmState
from notification_core.domain.clock import Clock
from notification_core.domain.errors import Unavailable
from notification_core.ports.console import Alarms

logger = logging.getLogger(__name__)

#: A page must not wait for CloudWatch longer than about a second.
CONFIG = Config(connect_timeout=0.5, read_timeout=1.0, retries={"total_max_attempts": 1})

#: How long a result is used again, also that CloudWatch did not answer.
FRESH_FOR = timedelta(minutes=1)

#: Alarms in one response (DescribeAlarms, MaxRecords), and the most responses that are read.
PAGE, PAGES = 100, 5


class CloudWatchAlarms:
    """An Alarms port.

    Args:
        client: returns a client of CloudWatch.
        prefix: what the names of the stack's alarms begin with.
    """

    def __init__(self, client: Callable[[], Any], prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def list(self) -> Sequence[Alarm]:
        try:
            return [self._alarm(alarm) for alarm in self._described()]
        except (BotoCoreError, ClientError) as error:
            logger.warning("the states of the alarms could not be read: %s", type(error).__name__)
            raise Unavailable from error

    def _described(self) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(PAGES):
            answer = self._client().describe_alarms(
                AlarmNamePrefix=self._prefix, MaxRecords=PAGE, **token
            )
            yield from answer["MetricAlarms"]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _alarm(self, alarm: dict[str, Any]) -> Alarm:
        return Alarm(
            name=alarm["AlarmName"].removeprefix(self._prefix),
            state=AlarmState(alarm["StateValue"]),
            since=alarm["StateUpdatedTimestamp"].astimezone(UTC),
            description=alarm.get("AlarmDescription", ""),
        )


class RecentAlarms:
    """An Alarms port that asks another one at most once in `FRESH_FOR`.

    Args:
        alarms: the port that is asked.
        clock: measures the age of a result. If the clock is set back, the port is asked again.
    """

    def __init__(self, alarms: Alarms, clock: Clock) -> None:
        self._alarms, self._clock = alarms, clock
        self._kept: tuple[datetime, Sequence[Alarm] | None] | None = None

    def list(self) -> Sequence[Alarm]:
        now = self._clock()
        if self._kept is None or not timedelta(0) <= now - self._kept[0] < FRESH_FOR:
            self._kept = now, self._asked()
        _, alarms = self._kept
        if alarms is None:
            raise Unavailable
        return alarms

    def _asked(self) -> Sequence[Alarm] | None:
        try:
            return self._alarms.list()
        except Unavailable:
            return None
