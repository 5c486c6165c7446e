"""The check of dead letters: one ends its notification, and its alarm's metric counts it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.queues import CODE, DEAD_LETTERS
from notification_system.cli.smoke.messages import mailbox
from notification_system.cli.smoke.trial import CheckSkipped, Trial, passed

MODULE = "email"

#: The name of the second finding.
METRIC = "alarm metric"

#: So late that nothing else processes the notification meanwhile.
LATER = timedelta(hours=1)

#: CloudWatch shows a metric up to two minutes after its log line (observed by its users; AWS gives
#: no limit). Seconds in addition to the patience.
METRIC_DELAY = 60.0
MINUTE = 60


def dead_letter(trial: Trial) -> Iterator[Finding]:
    """Put a wake-up on the dead-letter queue, as SQS does after four failures."""
    if not trial.choices.uses_dead_letters:
        raise CheckSkipped("No dead letter was sent, because of --no-dead-letter.")
    began = datetime.now(UTC)
    notification = trial.send(mailbox(trial, "success"), "dead letter", ahead=LATER)
    _put(trial, notification)
    stored = trial.ended(notification)
    code = (stored["last_error"] or {}).get("code")
    if stored["status"] != "DELIVERY FAILURE" or code != CODE:
        raise trial.unexpected(stored, f"DELIVERY FAILURE with the code {CODE}")
    yield passed("dead letter", "A message on the dead-letter queue ended its notification.")
    yield _alarm_metric(trial, began)


def _put(trial: Trial, notification: dict[str, Any]) -> None:
    """Put a notification's wake-up on the dead-letter queue of its module."""
    due = datetime.fromisoformat(notification["scheduled_delivery"])
    wake_up = {"id": notification["id"], "due_at": round(due.timestamp() * 1000)}
    sqs = trial.stack.client("sqs")
    name = f"{trial.stack.name}-{DEAD_LETTERS}-{MODULE}"
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"wake_ups": [wake_up]}))
    trial.letters.append(sent["MessageId"])


def _alarm_metric(trial: Trial, began: datetime) -> Finding:
    """Wait until the metric of the alarm has counted the dead letter."""
    cloudwatch = trial.stack.client("cloudwatch")
    name = f"{trial.stack.name}-{MODULE}-{DEAD_LETTERS}"
    alarms = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    if not alarms:
        message = f"There is no alarm {name}, so nobody learns of dead letters."
        return Finding(METRIC, False, message, trial.stack.session.deployment.deploy_anew)
    alarm = alarms[0]
    count = trial.wait(lambda: _count(cloudwatch, alarm, began), bool, METRIC_DELAY)
    look = trial.stack.aws("cloudwatch", "describe-alarms", "--alarm-names", name)
    if not count:
        message = f"The metric of the alarm {name} did not count the dead letter."
        return Finding(METRIC, False, message, look)
    if not (alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions")):
        message = f"The alarm {name} is raised, but has no action: nobody learns of it."
        return Finding(METRIC, False, message, look)
    message = f"The metric of {name} counted it; the alarm is raised for five minutes."
    return passed(METRIC, message)


def _count(cloudwatch: Any, alarm: dict[str, Any], began: datetime) -> float:
    """Return the sum of an alarm's metric since a time, rounded down to a minute."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    query = {"Id": "letters", "MetricStat": {"Metric": metric, "Period": MINUTE, "Stat": "Sum"}}
    start = began.replace(second=0, microsecond=0)
    end = datetime.now(UTC) + timedelta(minutes=1)
    answer = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=start, EndTime=end)
    values: list[float] = [
        value for result in answer["MetricDataResults"] for value in result["Values"]
    ]
    return sum(values)
