"""Are the queues there, do they lead where they should, and what was given up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from notification_system.cli.checks.stack import Finding, Stack
from notification_system.cli.formatting import counted

SOURCE = "AWS::Lambda::EventSourceMapping"
BUCKET = "AWS::S3::Bucket"

DEAD = "dead-letters"

#: How many dead letters of a day are counted.
COUNTED = 1000

#: How often a queue that does not say so hands a message over before it gives it up.
RECEIVED = 4

#: The code of what a dead letter ended (usecases/sending/dead_letters.py).
CODE = "dead-letter"


def dead_letter_queue_of(queue: str, stack: str) -> str | None:
    """Return the name of the queue that takes what this one gives up; None for such a one."""
    part = queue.removeprefix(f"{stack}-")
    if DEAD in part:
        return None
    if part.startswith("deliver-"):
        return f"{stack}-{DEAD}-{part.removeprefix('deliver-')}"
    return f"{queue}-{DEAD}"


def queues(found: Stack) -> Iterator[Finding]:
    """Whether each queue is there, gives up to the right one, and has who takes from it."""
    names = found.queues()
    attributes = {name: _attributes(found, name) for name in names}
    taken = dict(_sources(found))
    wrong = 0
    for name in names:
        for finding in _queue(found, name, attributes, taken):
            wrong += 1
            yield finding
    for each in _named_by_targets(found) - set(names):
        wrong += 1
        yield found.gone("queues", f"There is no queue {each}.")
    if not wrong:
        says = f"{counted(len(names), 'queue')}, all wired."
        yield Finding("queues", True, says)


def _named_by_targets(found: Stack) -> set[str]:
    modules = {each["module"] for each in found.backlog if each["state"] != "undeployed"}
    return {f"{found.name}-deliver-{each}" for each in modules}


def _queue(
    found: Stack, name: str, attributes: dict[str, Any], taken: dict[str, Any]
) -> Iterator[Finding]:
    said = attributes[name]
    if said is None:
        yield found.gone("queues", f"The queue {name} was deleted.")
        return
    wanted = dead_letter_queue_of(name, found.name)
    policy = json.loads(said.get("RedrivePolicy", "{}"))
    has = policy.get("deadLetterTargetArn", "").rpartition(":")[2]
    if wanted is not None and has != wanted:
        arn = said["QueueArn"].rpartition(":")[0] + f":{wanted}"
        tries = policy.get("maxReceiveCount", RECEIVED)
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": tries})
        words = ["sqs", "set-queue-attributes", "--queue-url", said["url"], "--attributes"]
        words.append(json.dumps({"RedrivePolicy": policy}))
        says = f"What {name} gives up goes to {has or 'nowhere'}, not to {wanted}."
        yield Finding("queues", False, says, found.aws(*words))
    if wanted is None:
        return  # a function asks it, on a schedule
    source = taken.get(said["QueueArn"])
    if source is None:
        yield found.gone("queues", f"No function takes from {name}.")
    elif source["State"] in {"Disabled", "Disabling"}:
        words = ["lambda", "update-event-source-mapping", "--uuid", source["UUID"], "--enabled"]
        says = f"The function that takes from {name} is switched off."
        yield Finding("queues", False, says, found.aws(*words))


def _attributes(found: Stack, queue: str) -> dict[str, str] | None:
    client = found.client("sqs")
    try:
        url = client.get_queue_url(QueueName=queue)["QueueUrl"]
        names = ["QueueArn", "RedrivePolicy"]
        said = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    except client.exceptions.QueueDoesNotExist:
        return None
    return {**said["Attributes"], "url": url}


def _sources(found: Stack) -> Iterator[tuple[str, Any]]:
    client = found.client("lambda")
    for each in found.of(SOURCE):
        try:
            said = client.get_event_source_mapping(UUID=each.physical)
        except client.exceptions.ResourceNotFoundException:
            continue  # the queue says that nobody takes from it
        yield said["EventSourceArn"], said


def dead_letters(found: Stack) -> Iterator[Finding]:
    """Whether messages were given up: on the queues, and by what was kept in the last day."""
    given_up = {each["module"]: each["dead_letters"] or 0 for each in found.backlog}
    kept = {module: _kept(found, module) for module in given_up}
    clean = True
    for module, waiting in given_up.items():
        count = waiting + kept[module]
        if count:
            clean = False
            many = f"{counted(count, 'message')}{' or more' if kept[module] >= COUNTED else ''}"
            says = f"{module}: {many} given up since yesterday; the notifications say so."
            yield Finding("dead letters", False, says, _redrive(found, module))
    if clean:
        yield Finding("dead letters", True, "No message was given up since yesterday.")


def _redrive(found: Stack, module: str) -> str:
    names = next(each["targets"] for each in found.backlog if each["module"] == module)
    target = ["--target", names[0]] if names else []
    return found.notify("redrive", *target, "--code", CODE, "--dry-run")


def _kept(found: Stack, module: str) -> int:
    """Count the dead letters that were kept yesterday and today, by their names alone."""
    [bucket] = [each.physical for each in found.of(BUCKET)]
    client, today = found.client("s3"), found.session.now.date()
    return sum(
        client.list_objects_v2(
            Bucket=bucket, Prefix=f"{DEAD}/{module}/{day.isoformat()}/", MaxKeys=COUNTED
        )["KeyCount"]
        for day in (today, today - timedelta(days=1))
    )
