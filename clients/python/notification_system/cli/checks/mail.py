"""Checks of the path of SES's events: configuration set, event rule, queue."""

import json
from collections.abc import Iterator
from typing import Any

from notification_system.cli.checks.finding import Finding, skipped
from notification_system.cli.checks.stack import Stack

RULE = "MailEventsRule"
QUEUE = "mail-events"
DESTINATION = "event-bridge"

#: The events that the system records.
EVENTS = ("BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT", "RENDERING_FAILURE")

CONSEQUENCE = "deliveries, bounces and complaints are not recorded"


def uses_ses(stack: Stack) -> bool:
    """Whether the deployment sends e-mail through SES."""
    return stack.parameters.get("EmailTransport", "ses") == "ses"


def mail_events(stack: Stack) -> Iterator[Finding]:
    """Check that SES's events reach their queue."""
    if not uses_ses(stack):
        yield skipped("mail events", "E-mail is sent through an SMTP server, without events.")
        return
    problems = [*_destination(stack), *_rule(stack)]
    passed = Finding("mail events", True, f"SES's events reach the queue {stack.name}-{QUEUE}.")
    yield from problems or [passed]


def _destination(stack: Stack) -> Iterator[Finding]:
    """Check that SES publishes the events of the deployment's e-mails."""
    client = stack.client("sesv2")
    try:
        answer = client.get_configuration_set_event_destinations(ConfigurationSetName=stack.name)
    except client.exceptions.NotFoundException:
        message = f"SES has no configuration set {stack.name}: no e-mail can be sent."
        yield stack.deleted("mail events", message)
        return
    destinations = {item["Name"]: item for item in answer.get("EventDestinations", ())}
    if DESTINATION not in destinations:
        message = f"The configuration set {stack.name} publishes no events: {CONSEQUENCE}."
        yield stack.deleted("mail events", message)
        return
    destination = destinations[DESTINATION]
    missing = set(EVENTS) - set(destination["MatchingEventTypes"])
    if destination["Enabled"] and not missing:
        return
    bus = destination.get("EventBridgeDestination", {})
    definition = {
        "Enabled": True,
        "MatchingEventTypes": list(EVENTS),
        "EventBridgeDestination": bus,
    }
    words = ["sesv2", "update-configuration-set-event-destination"]
    words += ["--configuration-set-name", stack.name, "--event-destination-name", DESTINATION]
    words += ["--event-destination", json.dumps(definition)]
    named = ", ".join(sorted(missing)) if destination["Enabled"] else "any event"
    message = f"The configuration set {stack.name} does not publish {named}: {CONSEQUENCE}."
    yield Finding("mail events", False, message, stack.aws(*words))


def _rule(stack: Stack) -> Iterator[Finding]:
    """Check that EventBridge passes the events to the queue."""
    name = stack.physical(RULE)
    if name is None:
        yield stack.deleted("mail events", f"There is no event rule {RULE}: {CONSEQUENCE}.")
        return
    name = name.rpartition("/")[2]
    client = stack.client("events")
    try:
        rule = client.describe_rule(Name=name)
        targets: list[Any] = client.list_targets_by_rule(Rule=name)["Targets"]
    except client.exceptions.ResourceNotFoundException:
        message = f"The event rule {name} was deleted: {CONSEQUENCE}."
        yield stack.deleted("mail events", message)
        return
    if rule["State"] == "DISABLED":
        message = f"The event rule {name} is disabled: {CONSEQUENCE}."
        yield Finding(
            "mail events", False, message, stack.aws("events", "enable-rule", "--name", name)
        )
    queue = stack.resource_arn("sqs", f"{stack.name}-{QUEUE}")
    if queue not in {target["Arn"] for target in targets}:
        target = json.dumps([{"Id": "queue", "Arn": queue}])
        words = ["events", "put-targets", "--rule", name, "--targets", target]
        message = f"The event rule {name} does not lead to the queue: {CONSEQUENCE}."
        yield Finding("mail events", False, message, stack.aws(*words))
