"""Does it run: the stack, the dispatcher's clock, the targets, the alarms."""

import json
from collections.abc import Iterator
from datetime import timedelta

from notification_system.cli.checks.stack import Finding, Resource, Stack
from notification_system.cli.formatting import apart, counted, paused_by, read_time

SCHEDULE = "AWS::Scheduler::Schedule"
ALARM = "AWS::CloudWatch::Alarm"

#: What is due waits no longer than a few ticks, sweeps included, where all is well.
PATIENCE = timedelta(minutes=6)

#: Alarms of one request (Amazon CloudWatch API Reference, DescribeAlarms).
ALARMS = 100


def stack(found: Stack) -> Iterator[Finding]:
    """Whether the last deployment came to its end."""
    whole = found.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    says = f"The stack {found.name} is {found.status}."
    yield Finding("stack", whole, says, "" if whole else found.session.deployment.deploy)


#: Functions that a schedule wakes: the beginning of its name in the template, and what stands still
#: without it.
WOKEN = {"Dispatcher": "nothing is dispatched", "DeadLetters": "dead letters are not read"}


def schedule(found: Stack) -> Iterator[Finding]:
    """Whether the clocks that wake functions are there and run."""
    known = found.of(SCHEDULE)
    for function, without in WOKEN.items():
        if not any(each.logical.startswith(function) for each in known):
            yield found.gone("schedule", f"{function} has no schedule: {without}.")
    for each in known:
        yield _schedule(found, each)


def _schedule(found: Stack, resource: Resource) -> Finding:
    scheduler, function = found.client("scheduler"), _woken(resource)
    without = WOKEN[function]
    try:
        said = scheduler.get_schedule(Name=resource.physical)
    except scheduler.exceptions.ResourceNotFoundException:
        says = f"The schedule {resource.physical} was deleted: {without}."
        return found.gone("schedule", says)
    if said["State"] == "ENABLED":
        says = f"{function} is woken at {said['ScheduleExpression']}."
        return Finding("schedule", True, says)
    says = f"The schedule {resource.physical} is disabled: {without}."
    # Scheduler replaces the whole schedule: what is not said again is lost.
    window, target = said.get("FlexibleTimeWindow", {"Mode": "OFF"}), said["Target"]
    words = ["scheduler", "update-schedule", "--name", resource.physical, "--state", "ENABLED"]
    words += ["--schedule-expression", said["ScheduleExpression"]]
    words += ["--flexible-time-window", json.dumps(window), "--target", json.dumps(target)]
    return Finding("schedule", False, says, found.aws(*words))


def _woken(resource: Resource) -> str:
    return next(each for each in WOKEN if resource.logical.startswith(each))


def targets(found: Stack) -> Iterator[Finding]:
    """Whether something is sent through each target."""
    for each in found.targets:
        name, why = each["name"], each["pause"]
        if each["state"] == "undeployed":
            says = f"The handler of {name}, {each['notification_module_name']}, is not deployed."
            yield Finding("targets", False, says, found.session.deployment.deploy)
        elif why:
            code = f" ({why['code']})" if why["code"] else ""
            says = f"{name} is paused by {paused_by(why['by'])}: {why['reason']}{code}"
            yield Finding("targets", False, says, found.notify("resume", name))
    if all(each["state"] == "active" for each in found.targets):
        says = f"{counted(len(found.targets), 'target')}, none of them paused."
        yield Finding("targets", True, says)


def backlog(found: Stack) -> Iterator[Finding]:
    """Whether what is due also goes."""
    now = found.session.now
    late = [
        each
        for each in found.backlog
        if each["state"] == "active"
        and each["oldest_due"]
        and now - read_time(each["oldest_due"]) > PATIENCE
    ]
    for each in late:
        since = apart(read_time(each["oldest_due"]), now)
        many = f"{each['overdue']:,}{' or more' if each['overdue_at_least'] else ''}"
        says = f"{each['module']}: {many} overdue, the oldest due {since}."
        yield Finding("backlog", False, says, found.notify("tail", "--since", "10m"))
    if not late:
        yield Finding("backlog", True, "What is due goes.")


def alarms(found: Stack) -> Iterator[Finding]:
    """Whether an alarm is raised."""
    names = [each.physical for each in found.of(ALARM)]
    logical = {each.physical: each.logical for each in found.of(ALARM)}
    client, raised = found.client("cloudwatch"), 0
    for begin in range(0, len(names), ALARMS):
        asked = names[begin : begin + ALARMS]
        said = client.describe_alarms(AlarmNames=asked, MaxRecords=ALARMS)["MetricAlarms"]
        for each in said:
            if each["StateValue"] == "ALARM":
                raised += 1
                says = f"{logical[each['AlarmName']]}: {each.get('AlarmDescription') or 'raised'}"
                words = ["cloudwatch", "describe-alarms", "--alarm-names", each["AlarmName"]]
                yield Finding("alarms", False, f"{says.rstrip('.')}.", found.aws(*words))
        for missing in sorted(set(asked) - {each["AlarmName"] for each in said}):
            raised += 1
            yield found.gone("alarms", f"The alarm {logical[missing]} was deleted.")
    if not raised:
        yield Finding("alarms", True, f"{counted(len(names), 'alarm')}, all quiet.")
