"""The monthly cost, line by line: a counted or estimated quantity, times its price.

The counts are in `counts.toml`. The sizes of the deployment are the template's (`usage.DEPLOYED`,
which a test compares with the template). The durations of functions are estimates (`times.py`).
"""

from collections.abc import Iterator

from notification_system.cost import times
from notification_system.cost.counts import counts
from notification_system.cost.lines import Line, of
from notification_system.cost.step import BATCH, MESSAGES, Step
from notification_system.cost.usage import BODY, DAYS, DEPLOYED, MINUTES, Usage

GB = 1e9

#: Lambda's requests per minute to poll one queue: five at a time, 20 seconds each (AWS
#: Lambda Developer Guide, "Using Lambda with Amazon SQS").
POLLS = 15
#: Requests to SQS for a message after the request that sends it: one receives, one deletes.
RECEIVE_AND_DELETE = 2
#: X-Ray records the first run of each second and 5 % of the rest (AWS X-Ray Developer Guide,
#: "Configuring sampling rules").
SAMPLED = 0.05
#: Bytes that DynamoDB adds to each item and each entry of an index (Amazon DynamoDB Developer
#: Guide, "Using Global Secondary Indexes", storage considerations), and bytes of the entry by user.
OVERHEAD, ENTRY = 100, 100
#: Bytes of a title, body and extra that stay in the item (adapters/s3_contents.py); larger contents
#: are in S3. Days that S3 keeps them longer than the notification (ContentSoonDays).
INLINE, LONGER = 300, 40
#: The compressed part of a stored log's bytes (Amazon CloudWatch pricing), and the days that it is
#: kept (LogRetentionDays).
COMPRESSED, LOG_DAYS = 0.15, 30
#: Seconds that a container caches a secret (adapters/secrets.py).
SECRET_SECONDS = 300
#: Write units of an entry in the due index that stays while SENT and is removed when confirmed.
DUE_ENTRY = 2
#: Write units of a poll's item and its entry in the due index, for each notification of the poll. A
#: poll covers the outcomes that are saved together: 25 of Twilio, one request of 100 to Expo.
POLL_STORED = {"twilio": 2 / 25, "expo": 5 / 100}
#: Write units of running a poll of Expo: the rejected claim, and the removal of item and entry.
POLL_RUN = 9 / 100
#: Twilio's callbacks for one message: sent, delivered.
CALLBACKS = 2


def bill(usage: Usage) -> list[Line]:
    """Return the lines of a month's bill, without empty ones."""
    lines = list(at_rest(usage))
    if usage.per_month:
        lines += [*notifications(usage), *_contents(usage), *_metrics()]
        lines += _CONFIRMATIONS[usage.target](usage) if usage.confirmed else ()
    return [line for line in lines if line.quantity]


def at_rest(usage: Usage) -> Iterator[Line]:
    """Yield the costs of a deployment without notifications. Every other tick sweeps."""
    step, size, line = counts().steps, DEPLOYED, of("rest")
    ticks, dead_letters = (step["tick"], step["tick_sweep"]), step["dead_letters"]
    reads, writes, sqs = (
        sum(getattr(tick, name) for tick in ticks) / 2 for name in ("reads", "writes", "sqs")
    )
    credentials = 0 if usage.parameter_store else size.credentials
    yield line("secrets", size.own_secrets + credentials, "secret")
    yield line("queues that Lambda polls", size.polled_queues * POLLS * MINUTES, "sqs_request")
    yield line("queues that functions poll", (sqs + dead_letters.sqs) * MINUTES, "sqs_request")
    yield line("alarms", size.alarm_metrics, "alarm")
    yield line("ticks, reads", (reads + dead_letters.reads) * MINUTES, "read_unit")
    yield line("ticks, writes", writes * MINUTES, "write_unit")
    yield line("ticks, schedules", size.schedules * MINUTES, "schedule")
    yield line("ticks, runs of functions", size.schedules * MINUTES, "lambda_request")
    yield line("ticks, time", _scheduled_seconds(*ticks, dead_letters), _seconds(usage))
    yield line("ticks, logs", (ticks[0].log_bytes + dead_letters.log_bytes) * MINUTES / GB, "log")
    yield line("ticks, traces", size.schedules * MINUTES * usage.tracing, "trace")


def _scheduled_seconds(tick: Step, _sweep: Step, dead_letters: Step) -> float:
    memory = DEPLOYED.dead_letters_memory
    per_minute = times.gb_seconds(times.TIMES["tick"].shared(tick))
    alone = times.TIMES["dead_letters"].alone(dead_letters, memory)
    per_minute += times.gb_seconds(alone, memory)
    return per_minute * MINUTES


def notifications(usage: Usage) -> Iterator[Line]:
    """Yield the costs of creating, delivering, confirming and keeping notifications."""
    many, line = usage.per_month, of("notifications")
    create, deliver, confirm = (_step(usage, name) for name in ("create", "deliver", "confirm"))
    requests, consumed = times.runs(usage)
    yield line("requests of the API", requests, "api_request")
    yield line("reads", (create.reads + deliver.reads) * many, "read_unit")
    yield line("writes", (create.writes + deliver.writes) * many, "write_unit")
    yield line("writes, confirmations", confirm.writes * many * usage.confirmed, "write_unit")
    yield line("writes, counters of the console", _counters(usage), "write_unit")
    yield line("writes, ticks with something due", _cursors(usage), "write_unit")
    yield line("messages", create.sqs * many + RECEIVE_AND_DELETE * consumed, "sqs_request")
    yield line("runs of functions", requests + consumed, "lambda_request")
    counted = _step(usage, "deliver", console=usage.console)
    yield line("time", times.of_notification(usage, create, counted) * many, _seconds(usage))
    yield from _logs("notifications", (create.log_bytes + deliver.log_bytes) * many)
    yield from _secret_requests(usage, consumed)
    yield from _kept(usage)
    yield line("traces", (_sampled(requests) + _sampled(consumed)) * usage.tracing, "trace")


def _step(usage: Usage, name: str, *, console: bool = False) -> Step:
    bulk, counted = "_bulk" * usage.bulk, "_counted" * console
    return counts().steps[f"{name}{bulk}{counted}"]


def _counters(usage: Usage) -> float:
    """Return the write units of the counters that the console shows."""
    names = ("deliver", "confirm") if usage.confirmed else ("deliver",)
    units = sum(
        _step(usage, name, console=True).writes - _step(usage, name).writes for name in names
    )
    return units * usage.per_month * usage.console


def _seconds(usage: Usage) -> str:
    return f"lambda_{usage.architecture}"


def _cursors(usage: Usage) -> float:
    """Return the additional write units of ticks that find due notifications."""
    step = counts().steps
    due = usage.per_month / (times.TOGETHER if usage.bulk else 1)
    return max(step["tick_busy"].writes - step["tick"].writes, 0) * min(due, MINUTES)


def _secret_requests(usage: Usage, runs: float) -> Iterator[Line]:
    """Yield the requests of one container for its secret. E-mail through SES has no secret."""
    charged = usage.target != "email" and not usage.parameter_store
    requests = min(runs, MINUTES * 60 / SECRET_SECONDS) * charged
    yield of("notifications")("requests of the secret", requests, "secret_request")


def _kept(usage: Usage) -> Iterator[Line]:
    line, months = of("notifications"), usage.per_month * usage.retention_days / DAYS / GB
    item = counts().item_bytes + min(usage.body_bytes, INLINE) - BODY + OVERHEAD
    yield line("kept, table and index by user", (item + ENTRY + OVERHEAD) * months, "table_storage")
    yield line("kept, recovery", item * months, "table_recovery")


def _logs(part: str, size: float) -> Iterator[Line]:
    yield of(part)("logs", size / GB, "log")
    yield of(part)("logs, kept", size / GB * COMPRESSED * LOG_DAYS / DAYS, "log_storage")


def _sampled(runs: float) -> float:
    seconds = MINUTES * 60
    return min(runs, seconds) + max(runs - seconds, 0) * SAMPLED


def _contents(usage: Usage) -> Iterator[Line]:
    """Yield the costs of bodies that do not fit into the item."""
    if usage.body_bytes > INLINE:
        create, deliver = (counts().steps[f"{name}_long"] for name in ("create", "deliver"))
        many, line = usage.per_month, of("contents")
        yield line("S3, writes", create.puts * many, "s3_put")
        yield line("S3, reads", deliver.gets * many, "s3_get")
        months = (usage.retention_days + LONGER) / DAYS
        yield line("S3, kept", usage.body_bytes * many * months / GB, "s3_storage")


def _metrics() -> Iterator[Line]:
    step = counts().steps
    names = step["deliver"].metrics | step["tick_busy"].metrics
    yield of("metrics")("custom metrics", len(names), "metric")


def _by_events(usage: Usage) -> Iterator[Line]:
    """Yield the costs of SES events: one SQS message per event. EventBridge is free for them."""
    runs = usage.per_month / (MESSAGES if usage.bulk else 1)
    messages = usage.per_month + RECEIVE_AND_DELETE * runs
    yield of("confirmations")("messages", messages, "sqs_request")
    yield from _receiving(usage, runs, _step(usage, "confirm"), 1)


def _by_callbacks(usage: Usage) -> Iterator[Line]:
    """Yield the costs of Twilio's callbacks for each message."""
    runs = usage.per_month * CALLBACKS
    yield of("confirmations")("requests of the API", runs, "api_request")
    yield of("confirmations")("writes, polls", _poll_writes(usage, polls=0), "write_unit")
    yield from _receiving(usage, runs, counts().steps["confirm"], CALLBACKS)


def _by_polls(usage: Usage) -> Iterator[Line]:
    """Yield the costs of polling Expo's receipts, by a message to the consumer."""
    step, (_, runs) = _step(usage, "deliver"), times.runs(usage)
    sent = usage.per_month / (BATCH if usage.bulk else 1)
    yield of("confirmations")("messages", sent + RECEIVE_AND_DELETE * runs, "sqs_request")
    yield of("confirmations")("writes, polls", _poll_writes(usage, polls=1), "write_unit")
    yield from _receiving(usage, runs, step, 1)


def _poll_writes(usage: Usage, polls: int) -> float:
    """Return the write units of scheduling and running polls of a provider.

    `polls` is the number of polls that run for each notification: a callback that comes first makes
    the poll unnecessary. Alone, a notification keeps its entry in the due index until it is
    confirmed, and each poll is a rejected claim. In bulk a poll has an entry of its own.
    """
    if not usage.bulk:
        return (DUE_ENTRY + polls) * usage.per_month
    return (POLL_STORED[usage.target] + polls * POLL_RUN) * usage.per_month


_CONFIRMATIONS = {"email": _by_events, "twilio": _by_callbacks, "expo": _by_polls}


def _receiving(usage: Usage, runs: float, step: Step, per_message: int) -> Iterator[Line]:
    line, many, time = of("confirmations"), usage.per_month * per_message, times.TIMES["confirm"]
    duration = time.shared(step) if usage.bulk else time.alone(step)
    yield line("reads", step.reads * many, "read_unit")
    yield line("runs of functions", runs, "lambda_request")
    yield line("time", times.gb_seconds(duration) * many, _seconds(usage))
    yield from _logs("confirmations", step.log_bytes * many)
    yield line("traces", _sampled(runs) * usage.tracing, "trace")
