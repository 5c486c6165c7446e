"""Checks of the queues: that they exist and are connected, and whether there are dead letters."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.stack import Stack
from notification_system.cli.formatting import pluralize

SOURCE = "AWS::Lambda::EventSourceMapping"
BUCKET = "AWS::S3::Bucket"

DEAD_LETTERS = "dead-letters"

#: The number of a day's dead letters that are counted at most.
MAX_COUNTED = 1000

#: How often a queue without a redrive policy delivers a message before it gives up.
DEFAULT_RECEIVES = 4

#: The error code of a notification that a dead letter ended (usecases/sending/dead_letters.py).
CODE = "dead-letter"


def dead_letter_queue_of(queue: str, stack: str) -> str | None:
    """Return the name of a queue's dead-letter queue; None for a dead-letter queue itself."""
    part = queue.removeprefix(f"{stack}-")
    if DEAD_LETTERS in part:
        return None
    if part.startswith("deliver-"):
        return f"{stack}-{DEAD_LETTERS}-{part.removeprefix('deliver-')}"
    return f"{queue}-{DEAD_LETTERS}"


def queues(stack: Stack) -> Iterator[Finding]:
    """Check that each queue exists, has its dead-letter queue, and has a consumer."""
    names = stack.queues()
    attributes = {name: _attributes(stack, name) for name in names}
    sources = dict(_sources(stack))
    problems = 0
    for name in names:
        for finding in _queue(stack, name, attributes, sources):
            problems += 1
            yield finding
    for name in _target_queues(stack) - set(names):
        problems += 1
        yield stack.deleted("queues", f"There is no queue {name}.")
    if not problems:
        yield Finding("queues", True, f"{pluralize(len(names), 'queue')}, all connected.")


def _target_queues(stack: Stack) -> set[str]:
    modules = {entry["module"] for entry in stack.backlog if entry["state"] != "undeployed"}
    return {f"{stack.name}-deliver-{module}" for module in modules}


def _queue(
    stack: Stack, name: str, attributes: dict[str, Any], sources: dict[str, Any]
) -> Iterator[Finding]:
    queue = attributes[name]
    if queue is None:
        yield stack.deleted("queues", f"The queue {name} was deleted.")
        return
    expected = dead_letter_queue_of(name, stack.name)
    if expected is None:
        return  # a scheduled function reads a dead-letter queue
    yield from _redrive_policy(stack, name, queue, expected)
    source = sources.get(queue["QueueArn"])
    if source is None:
        yield stack.deleted("queues", f"No function consumes the queue {name}.")
    elif source["State"] in {"Disabled", "Disabling"}:
        words = ["lambda", "update-event-source-mapping", "--uuid", source["UUID"], "--enabled"]
        message = f"The event source mapping of {name} is disabled."
        yield Finding("queues", False, message, stack.aws(*words))


def _redrive_policy(
    stack: Stack, name: str, queue: dict[str, Any], expected: str
) -> Iterator[Finding]:
    policy = json.loads(queue.get("RedrivePolicy", "{}"))
    actual = policy.get("deadLetterTargetArn", "").rpartition(":")[2]
    if actual == expected:
        return
    arn = queue["QueueArn"].rpartition(":")[0] + f":{expected}"
    receives = policy.get("maxReceiveCount", DEFAULT_RECEIVES)
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})
    words = ["sqs", "set-queue-attributes", "--queue-url", queue["url"], "--attributes"]
    words.append(json.dumps({"RedrivePolicy": policy}))
    problem = f"is {actual}" if actual else "is not set"
    message = f"The dead-letter queue of {name} {problem}; it must be {expected}."
    yield Finding("queues", False, message, stack.aws(*words))


def _attributes(stack: Stack, queue: str) -> dict[str, str] | None:
    client = stack.client("sqs")
    try:
        url = client.get_queue_url(QueueName=queue)["QueueUrl"]
        names = ["QueueArn", "RedrivePolicy"]
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    except client.exceptions.QueueDoesNotExist:
        return None
    return {**answer["Attributes"], "url": url}


def _sources(stack: Stack) -> Iterator[tuple[str, Any]]:
    client = stack.client("lambda")
    for resource in stack.of_type(SOURCE):
        try:
            source = client.get_event_source_mapping(UUID=resource.physical)
        except client.exceptions.ResourceNotFoundException:
            continue  # reported with its queue, which has no consumer then
        yield source["EventSourceArn"], source


def dead_letters(stack: Stack) -> Iterator[Finding]:
    """Check for dead letters: on the queues, and in the bucket since yesterday."""
    queued = {entry["module"]: entry["dead_letters"] or 0 for entry in stack.backlog}
    stored = {module: _count_stored(stack, module) for module in queued}
    clean = True
    for module, waiting in queued.items():
        count = waiting + stored[module]
        if count:
            clean = False
            at_least = " or more" if stored[module] >= MAX_COUNTED else ""
            message = (
                f"{module}: {pluralize(count, 'dead letter')}{at_least} since yesterday; the "
                f"notifications ended with the code {CODE}."
            )
            yield Finding("dead letters", False, message, _redrive(stack, module))
    if clean:
        yield Finding("dead letters", True, "No dead letters since yesterday.")


def _redrive(stack: Stack, module: str) -> str:
    names = next(entry["targets"] for entry in stack.backlog if entry["module"] == module)
    target = ["--target", names[0]] if names else []
    return stack.notify("redrive", *target, "--code", CODE, "--dry-run")


def _count_stored(stack: Stack, module: str) -> int:
    """Count the dead letters that were stored yesterday and today, by listing their keys only."""
    [bucket] = [resource.physical for resource in stack.of_type(BUCKET)]
    client, today = stack.client("s3"), stack.session.now.date()
    return sum(
        client.list_objects_v2(
            Bucket=bucket, Prefix=f"{DEAD_LETTERS}/{module}/{day.isoformat()}/", MaxKeys=MAX_COUNTED
        )["KeyCount"]
        for day in (today, today - timedelta(days=1))
    )
