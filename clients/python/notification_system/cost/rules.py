"""What a month costs, line by line: what is counted or estimated, times its price.

The counts are `counts.toml`'s, the sizes of the deployment are the template's (`usage.DEPLOYED`, to
which a test holds the template), and the times of functions are estimates (`times.py`).
"""

from collections.abc import Iterator

from notification_system.cost import times
from notification_system.cost.counts import counts
from notification_system.cost.lines import Line, of
from notification_system.cost.step import BATCH, MESSAGES, Step
from notification_system.cost.usage import BODY, DAYS, DEPLOYED, MINUTES, Usage

GB = 1e9

#: Requests with which Lambda polls one queue in a minute: five at a time, 20 seconds each (AWS
#: Lambda Developer Guide, "Using Lambda with Amazon SQS").
POLLS = 15
#: Requests to SQS for a message beside the one that sends it: it is received and deleted.
TAKEN = 2
#: X-Ray records the first run of each second and 5 % of the rest (AWS X-Ray Developer Guide,
#: "Configuring sampling rules").
SAMPLED = 0.05
#: Bytes that DynamoDB adds to each item and each entry of an index (Amazon DynamoDB Developer
#: Guide, "Using Global Secondary Indexes", storage considerations), and those of the entry by user.
OVERHEAD, ENTRY = 100, 100
#: Bytes of a title, body and extra that stay in the item (adapters/s3_contents.py). More is in S3,
#: so many days longer than the notification (ContentSoonDays).
INLINE, LONGER = 300, 40
#: The part of its bytes that a stored log takes (Amazon CloudWatch pricing), and how long it is
#: kept (LogRetentionDays).
COMPRESSED, LOG_DAYS = 0.15, 30
#: Seconds that a container believes a secret (adapters/secrets.py).
SECRET_SECONDS = 300
#: Write units of an entry in the due index that is kept while SENT and removed when confirmed.
DUE_ENTRY = 2
#: Write units of a poll's item and its entry in the due index, for each notification of the poll. A
#: poll has the outcomes that are recorded together: 25 of Twilio, one request of 100 to Expo.
POLL_STORED = {"twilio": 2 / 25, "expo": 5 / 100}
#: Those of one look at a poll of Expo: the refused claim, and the removal of item and entry.
POLL_LOOKED_AT = 9 / 100
#: Callbacks of Twilio for one message: sent, delivered.
CALLBACKS = 2


def bill(usage: Usage) -> list[Line]:
    """Return every line of a month that costs anything."""
    lines = list(at_rest(usage))
    if usage.per_month:
        lines += [*notifications(usage), *_contents(usage), *_metrics()]
        lines += _CONFIRMATIONS[usage.target](usage) if usage.confirmed else ()
    return [each for each in lines if each.quantity]


def at_rest(usage: Usage) -> Iterator[Line]:
    """Yield what a deployment costs that nobody uses. Every other tick sweeps."""
    step, known, line = counts().steps, DEPLOYED, of("rest")
    ticks, letters = (step["tick"], step["tick_sweep"]), step["dead_letters"]
    reads, writes, sqs = (
        sum(getattr(each, name) for each in ticks) / 2 for name in ("reads", "writes", "sqs")
    )
    credentials = 0 if usage.parameter_store else known.credentials
    yield line("secrets", known.own_secrets + credentials, "secret")
    yield line("queues that Lambda polls", known.polled_queues * POLLS * MINUTES, "sqs_request")
    yield line("queues that functions ask", (sqs + letters.sqs) * MINUTES, "sqs_request")
    yield line("alarms", known.alarm_metrics, "alarm")
    yield line("ticks, reads", (reads + letters.reads) * MINUTES, "read_unit")
    yield line("ticks, writes", writes * MINUTES, "write_unit")
    yield line("ticks, schedules", known.schedules * MINUTES, "schedule")
    yield line("ticks, runs of functions", known.schedules * MINUTES, "lambda_request")
    yield line("ticks, time", _clock_seconds(*ticks, letters), _seconds(usage))
    yield line("ticks, logs", (ticks[0].log_bytes + letters.log_bytes) * MINUTES / GB, "log")
    yield line("ticks, traces", known.schedules * MINUTES * usage.tracing, "trace")


def _clock_seconds(tick: Step, _sweep: Step, letters: Step) -> float:
    small = DEPLOYED.dead_letters_memory
    each = times.gb_seconds(times.TIMES["tick"].shared(tick))
    each += times.gb_seconds(times.TIMES["dead_letters"].alone(letters, small), small)
    return each * MINUTES


def notifications(usage: Usage) -> Iterator[Line]:
    """Yield what it costs to create, deliver, confirm and keep notifications."""
    many, line = usage.per_month, of("notifications")
    create, deliver, confirm = (_step(usage, each) for each in ("create", "deliver", "confirm"))
    asked, consumed = times.runs(usage)
    yield line("requests of the API", asked, "api_request")
    yield line("reads", (create.reads + deliver.reads) * many, "read_unit")
    yield line("writes", (create.writes + deliver.writes) * many, "write_unit")
    yield line("writes, confirmations", confirm.writes * many * usage.confirmed, "write_unit")
    yield line("writes, ticks with something due", _cursors(usage), "write_unit")
    yield line("messages", create.sqs * many + TAKEN * consumed, "sqs_request")
    yield line("runs of functions", asked + consumed, "lambda_request")
    yield line("time", times.of_notification(usage, create, deliver) * many, _seconds(usage))
    yield from _logs("notifications", (create.log_bytes + deliver.log_bytes) * many)
    yield from _secret_requests(usage, consumed)
    yield from _kept(usage)
    yield line("traces", (_sampled(asked) + _sampled(consumed)) * usage.tracing, "trace")


def _step(usage: Usage, name: str) -> Step:
    return counts().steps[f"{name}_bulk" if usage.bulk else name]


def _seconds(usage: Usage) -> str:
    return f"lambda_{usage.architecture}"


def _cursors(usage: Usage) -> float:
    """Return the write units of the ticks that find something due, beyond those at rest."""
    step = counts().steps
    due = usage.per_month / (times.TOGETHER if usage.bulk else 1)
    return max(step["tick_busy"].writes - step["tick"].writes, 0) * min(due, MINUTES)


def _secret_requests(usage: Usage, runs: float) -> Iterator[Line]:
    """Yield the requests of one container: e-mail through SES has no secret to ask for."""
    charged = usage.target != "email" and not usage.parameter_store
    asked = min(runs, MINUTES * 60 / SECRET_SECONDS) * charged
    yield of("notifications")("requests of the secret", asked, "secret_request")


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
    """Yield what bodies cost that do not fit into the item."""
    if usage.body_bytes > INLINE:
        create, deliver = (counts().steps[f"{each}_long"] for each in ("create", "deliver"))
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
    """SES tells by EventBridge, which is free for it, and a queue: one message an event."""
    runs = usage.per_month / (MESSAGES if usage.bulk else 1)
    messages = usage.per_month + TAKEN * runs
    yield of("confirmations")("messages", messages, "sqs_request")
    yield from _heard(usage, runs, _step(usage, "confirm"), 1)


def _by_callbacks(usage: Usage) -> Iterator[Line]:
    """Twilio calls back for each message."""
    runs = usage.per_month * CALLBACKS
    yield of("confirmations")("requests of the API", runs, "api_request")
    yield of("confirmations")("writes, looks", _looks(usage, made=0), "write_unit")
    yield from _heard(usage, runs, counts().steps["confirm"], CALLBACKS)


def _by_polls(usage: Usage) -> Iterator[Line]:
    """Expo is asked for its receipt, by a message to the consumer."""
    step, (_, runs) = _step(usage, "deliver"), times.runs(usage)
    sent = usage.per_month / (BATCH if usage.bulk else 1)
    yield of("confirmations")("messages", sent + TAKEN * runs, "sqs_request")
    yield of("confirmations")("writes, looks", _looks(usage, made=1), "write_unit")
    yield from _heard(usage, runs, step, 1)


def _looks(usage: Usage, made: int) -> float:
    """Return the write units of having a provider asked, whether it comes to that or not.

    Alone, a notification keeps its entry in the due index until it is confirmed, and each look is a
    claim that is refused. In bulk a poll has the entry.
    """
    if not usage.bulk:
        return (DUE_ENTRY + made) * usage.per_month
    return (POLL_STORED[usage.target] + made * POLL_LOOKED_AT) * usage.per_month


_CONFIRMATIONS = {"email": _by_events, "twilio": _by_callbacks, "expo": _by_polls}


def _heard(usage: Usage, runs: float, step: Step, times_each: int) -> Iterator[Line]:
    line, many, time = of("confirmations"), usage.per_month * times_each, times.TIMES["confirm"]
    took = time.shared(step) if usage.bulk else time.alone(step)
    yield line("reads", step.reads * many, "read_unit")
    yield line("runs of functions", runs, "lambda_request")
    yield line("time", times.gb_seconds(took) * many, _seconds(usage))
    yield from _logs("confirmations", step.log_bytes * many)
    yield line("traces", _sampled(runs) * usage.tracing, "trace")
