"""Checks of the running system: the stack, the schedules, the targets, the backlog, the alarms."""

import json
from collections.abc import Iterator
from datetime import timedelta

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.refusals import refusal_of
from notification_system.cli.checks.stack import Resource, Stack
from notification_system.cli.formatting import paused_by, pluralize, read_time, relative_time

SCHEDULE = "AWS::Scheduler::Schedule"
ALARM = "AWS::CloudWatch::Alarm"

#: In a healthy system a due notification waits no longer than a few ticks, sweeps included.
PATIENCE = timedelta(minutes=6)

#: How the target of a fixed fault continues (docs/runbook.md#paused).
RESUMES = "it resumes within two minutes, or at once by:"

#: Alarms of one request (Amazon CloudWatch API Reference, DescribeAlarms).
ALARMS = 100

#: Functions that a schedule invokes: the prefix of its logical id in the template, and what stops
#: without the schedule.
SCHEDULED = {"Dispatcher": "nothing is dispatched", "DeadLetters": "dead letters are not read"}

#: The parameter that keeps a restored stack from sending.
DISPATCHER_SCHEDULE = "DispatcherSchedule"


def stack_status(stack: Stack) -> Iterator[Finding]:
    """Check that the last deployment is complete."""
    complete = stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    message = f"The stack {stack.name} is {stack.status}."
    remedy = "" if complete else stack.session.deployment.deploy
    yield Finding("stack", complete, message, remedy)


def schedule(stack: Stack) -> Iterator[Finding]:
    """Check that the schedules of the functions exist and are enabled."""
    schedules = stack.of_type(SCHEDULE)
    for function, consequence in SCHEDULED.items():
        if not any(resource.logical.startswith(function) for resource in schedules):
            yield stack.deleted("schedule", f"{function} has no schedule: {consequence}.")
    for resource in schedules:
        yield _schedule(stack, resource)


def _schedule(stack: Stack, resource: Resource) -> Finding:
    scheduler, function = stack.client("scheduler"), _scheduled_function(resource)
    consequence = SCHEDULED[function]
    try:
        deployed = scheduler.get_schedule(Name=resource.physical)
    except scheduler.exceptions.ResourceNotFoundException:
        message = f"The schedule {resource.physical} was deleted: {consequence}."
        return stack.deleted("schedule", message)
    expression = deployed["ScheduleExpression"]
    if deployed["State"] == "ENABLED":
        return Finding("schedule", True, f"{function} runs at {expression}.")
    if function == "Dispatcher" and stack.parameters.get(DISPATCHER_SCHEDULE) == "DISABLED":
        message = (
            f"The parameter {DISPATCHER_SCHEDULE} is DISABLED: {consequence}. Deploy with ENABLED."
        )
        return Finding("schedule", False, message, stack.session.deployment.deploy)
    message = f"The schedule {resource.physical} is disabled: {consequence}."
    # UpdateSchedule replaces the whole schedule, so the command has to repeat every property.
    window, target = deployed.get("FlexibleTimeWindow", {"Mode": "OFF"}), deployed["Target"]
    words = ["scheduler", "update-schedule", "--name", resource.physical, "--state", "ENABLED"]
    words += ["--schedule-expression", expression]
    words += ["--flexible-time-window", json.dumps(window), "--target", json.dumps(target)]
    return Finding("schedule", False, message, stack.aws(*words))


def _scheduled_function(resource: Resource) -> str:
    return next(function for function in SCHEDULED if resource.logical.startswith(function))


def targets(stack: Stack) -> Iterator[Finding]:
    """Check that every target is active."""
    for target in stack.targets:
        name, pause = target["name"], target["pause"]
        if target["state"] == "undeployed":
            module = target["notification_module_name"]
            message = f"The handler of {name}, {module}, is not deployed."
            yield Finding("targets", False, message, stack.session.deployment.deploy)
        elif pause:
            code = f" ({pause['code']})" if pause["code"] else ""
            message = f"{name} is paused by {paused_by(pause['by'])}: {pause['reason']}{code}"
            if refusal_of(stack, target["notification_module_name"]):
                message += f". Once the secret is correct (see secrets), {RESUMES}"
            elif pause["by"] == "fault":
                message += f". Once the cause is fixed, {RESUMES}"
            yield Finding("targets", False, message, stack.notify("resume", name))
    if all(target["state"] == "active" for target in stack.targets):
        yield Finding("targets", True, f"{pluralize(len(stack.targets), 'target')}, all active.")


def backlog(stack: Stack) -> Iterator[Finding]:
    """Check that due notifications are sent."""
    now = stack.session.now
    late = [
        entry
        for entry in stack.backlog
        if entry["state"] == "active"
        and entry["oldest_due"]
        and now - read_time(entry["oldest_due"]) > PATIENCE
    ]
    for entry in late:
        oldest = relative_time(read_time(entry["oldest_due"]), now)
        count = f"{entry['overdue']:,}{' or more' if entry['overdue_at_least'] else ''}"
        message = f"{entry['module']}: {count} overdue, the oldest due {oldest}."
        yield Finding("backlog", False, message, stack.notify("tail", "--since", "10m"))
    if not late:
        yield Finding("backlog", True, "Due notifications are being sent.")


def alarms(stack: Stack) -> Iterator[Finding]:
    """Check that every alarm exists and none is raised."""
    logical = {resource.physical: resource.logical for resource in stack.of_type(ALARM)}
    names = list(logical)
    client, problems = stack.client("cloudwatch"), 0
    for begin in range(0, len(names), ALARMS):
        page = names[begin : begin + ALARMS]
        answer = client.describe_alarms(AlarmNames=page, MaxRecords=ALARMS)["MetricAlarms"]
        for alarm in answer:
            if alarm["StateValue"] == "ALARM":
                problems += 1
                name = alarm["AlarmName"]
                message = f"{logical[name]}: {alarm.get('AlarmDescription') or 'raised'}"
                words = ["cloudwatch", "describe-alarms", "--alarm-names", name]
                yield Finding("alarms", False, f"{message.rstrip('.')}.", stack.aws(*words))
        for missing in sorted(set(page) - {alarm["AlarmName"] for alarm in answer}):
            problems += 1
            yield stack.deleted("alarms", f"The alarm {logical[missing]} was deleted.")
    if not problems:
        yield Finding("alarms", True, f"{pluralize(len(names), 'alarm')}, none raised.")
