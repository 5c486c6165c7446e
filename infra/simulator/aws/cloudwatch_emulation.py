"""The part of CloudWatch that the emulator lacks: metrics from logs, and states of alarms."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.simulator.aws import alarms, metrics
from infra.simulator.aws.client import client, may_call
from infra.simulator.settings import Settings
from infra.simulator.state import Bounded

logger = logging.getLogger(__name__)

#: Seconds between two rounds.
EVERY = 5

#: How late a line may arrive, because a function's lines are written after its invocation.
LATE = timedelta(seconds=120)

#: Number of lines that are remembered, so that no line counts twice.
REMEMBERED = 20_000

_MAX_QUERIES = 500  # of one GetMetricData


async def emulate_cloudwatch(settings: Settings) -> None:
    """Run a round every few seconds; without a log group or an emulator, return at once."""
    if not (settings.log_group and settings.emulator_url and may_call()):
        return
    emulation = CloudWatchEmulation(settings.emulator_url, settings.log_group)
    while True:
        await asyncio.sleep(EVERY)
        try:
            await asyncio.to_thread(emulation.round)
        except (BotoCoreError, ClientError) as error:
            # There is no log group before the first deployment, and no emulator at shutdown.
            logger.debug("no metrics this time: %r", error)
        except Exception:
            logger.exception("no metrics this time")


class CloudWatchEmulation:
    """Publishes the metrics of one log group of the emulator, and sets all its alarms."""

    def __init__(self, url: str, log_group: str) -> None:
        self._logs = client("logs", url)
        self._cloudwatch = client("cloudwatch", url)
        self._log_group = log_group
        self._seen: Bounded[tuple[str, int, str], int] = Bounded(REMEMBERED)
        self._since = datetime.now(UTC) - LATE

    def round(self) -> None:
        """Publish the metrics that were logged since the last round, and set the alarms."""
        began = datetime.now(UTC)
        for request in metrics.requests(self._new_lines()):
            self._cloudwatch.put_metric_data(**request)
        self._since = began - LATE
        self._set_alarms()

    def _new_lines(self) -> Iterator[str]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group,
            filterPattern=metrics.MARK,
            startTime=int(self._since.timestamp() * 1000),
        )
        # The emulator's log lines have no id, and two lines of the same time may be identical.
        counts = Counter(_identity(event) for page in pages for event in page["events"])
        for line, count in counts.items():
            yield from [line[-1]] * (count - self._seen.get(line, 0))
            self._seen[line] = count

    def _set_alarms(self) -> None:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate()
        metric_alarms = [
            alarm for page in pages for alarm in page["MetricAlarms"] if alarm.get("MetricName")
        ]
        for start in range(0, len(metric_alarms), _MAX_QUERIES):
            self._set(metric_alarms[start : start + _MAX_QUERIES])

    def _set(self, metric_alarms: Sequence[alarms.Alarm]) -> None:
        now = datetime.now(UTC)
        since, until = alarms.window(metric_alarms, now)
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=[
                alarms.query(alarm, number) for number, alarm in enumerate(metric_alarms)
            ],
            StartTime=since,
            EndTime=until,
        )
        data = {result["Id"]: _by_time(result) for result in answer["MetricDataResults"]}
        for number, alarm in enumerate(metric_alarms):
            values = data.get(f"alarm{number}", {})
            state = alarms.state(alarm, values, now)
            if state != alarm["StateValue"]:
                reason = f"{len(values)} periods have data"
                name = alarm["AlarmName"]
                self._cloudwatch.set_alarm_state(
                    AlarmName=name, StateValue=state, StateReason=reason
                )


def _identity(event: dict[str, Any]) -> tuple[str, int, str]:
    return event["logStreamName"], event["timestamp"], event["message"]


def _by_time(result: dict[str, Any]) -> dict[datetime, float]:
    moments = (timestamp.astimezone(UTC) for timestamp in result["Timestamps"])
    return dict(zip(moments, result["Values"], strict=True))
