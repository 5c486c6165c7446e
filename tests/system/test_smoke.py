"""`notify smoke` on the deployed stack: it passes, and it names what was broken by hand.

The times of the scheduled notifications come by the local clock, which each test moves to shortly
before them, so that the messages still wait on the queue and are sent at their time.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local import clock
from infra.local.layout import PROJECT
from notification_system.cli.smoke.runner import LIVE, SETTINGS
from tests.cli.conftest import Ran, notify
from tests.system.conftest import System, wait_for
from tests.system.test_command_line_doctor import typed

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not os.environ.get("OPERATIONS"), reason="takes minutes; run make operations"
    ),
]

PHONE = "+15551230042"

#: Seconds that a check waits for what does not come.
PATIENCE = "10"

#: How long before a due time the clock stops.
JUST_BEFORE = timedelta(seconds=3)

#: The checks that send at a later time.
SCHEDULED = ("scheduled", "dispatched", "cancelled")


def smoke(system: System, *words: str) -> Ran:
    """Run the program for its JSON."""
    return notify("smoke", "--json", *words, "--local", str(system.stack.layout.stack))


def findings(ran: Ran, state: str) -> dict[str, dict[str, Any]]:
    """Return the findings in a state by their check."""
    document = json.loads(ran.out)
    return {item["check"]: item for item in document["findings"] if item["state"] == state}


def only(names: Any) -> list[str]:
    """Return the options that select checks."""
    return [word for name in names for word in ("--only", name)]


@pytest.fixture
def role(system: System) -> Iterator[str]:
    """A role that may call the API, and that the operator may assume."""
    iam = system.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    made = iam.create_role(RoleName="smoke-caller", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="smoke-caller", PolicyName="call", PolicyDocument=policy(allow))
    arn = str(made["Role"]["Arn"])
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    operator = "notifications-operator"
    iam.put_user_policy(UserName=operator, PolicyName="assume", PolicyDocument=policy(assume))
    yield arn
    iam.delete_user_policy(UserName=operator, PolicyName="assume")
    iam.delete_role_policy(RoleName="smoke-caller", PolicyName="call")
    iam.delete_role(RoleName="smoke-caller")


def policy(statement: dict[str, Any]) -> str:
    """Return a policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def mailboxes(system: System) -> set[str]:
    """Return the addresses of the mailbox simulator, one for each run, that got an e-mail."""
    items = system.simulator("GET", "/inbox")["items"]
    return {item["to"] for item in items if item["to"].startswith("success+")}


def scheduled_by(system: System, done: Future[Any], earlier: set[str]) -> dict[str, Any]:
    """Wait until a run has scheduled its notifications; return each by its check.

    The run does not tell its user before its end, so it is found by its address.
    """
    found: dict[str, Any] = {}

    def is_complete() -> bool:
        assert not done.done(), done.result()
        for address in mailboxes(system) - earlier:
            for item in system.api.listed("/search", address=address):
                found[item["title"].removeprefix("Smoke test: ")] = item
        return set(SCHEDULED) <= found.keys()

    wait_for(is_complete, 60, pause=1)
    return found


def help_along(system: System, done: Future[Any], earlier: set[str]) -> None:
    """Do what a minute brings, at once: read dead letters, and move the clock to each due time."""
    scheduled = scheduled_by(system, done, earlier)
    system.read_dead_letters()
    for check in ("scheduled", "dispatched"):
        # The dispatcher's own run of the minute may undo a move, which then has to be repeated. At
        # the end of its run, the program erases the notifications.
        while not done.done() and system.read(scheduled[check]).get("status") == "SCHEDULED":
            move_to(system, datetime.fromisoformat(scheduled[check]["scheduled_delivery"]))


def move_to(system: System, due: datetime) -> None:
    """Move the clock to shortly before a due time, and wait until it has passed."""
    clock.move(system.stack, due - JUST_BEFORE - datetime.now(UTC))
    wait_for(lambda: has_passed(system, due))


def has_passed(system: System, moment: datetime) -> bool:
    """Whether a time has passed by the local clock."""
    return datetime.now(UTC) + system.stack.clock_offset() > moment + timedelta(seconds=2)


def test_a_healthy_stack_passes(system: System, role: str) -> None:
    earlier, letters = mailboxes(system), stored_letters(system)
    with ThreadPoolExecutor(1) as worker:
        done = worker.submit(smoke, system, "--sms", PHONE, "--role", role)
        try:
            help_along(system, done, earlier)
            ran = done.result()
        finally:
            clock.move(system.stack, timedelta(0))

    document = json.loads(ran.out)
    assert findings(ran, "failed") == {}
    assert ran.code == 0
    assert document["ok"] is True
    assert findings(ran, "warning") == {}
    assert findings(ran, "skipped").keys() == {"ses account", "lambda limits"}
    passed = {*SETTINGS, *LIVE, "alarm metric", "cleanup"} - {"ses account", "lambda limits"}
    assert findings(ran, "passed").keys() == passed
    assert_is_erased(system, document["user"])
    assert stored_letters(system) == letters


def assert_is_erased(system: System, user: str) -> None:
    """Check that nothing of a user is left once the erasure that a run has begun is done."""
    wait_for(lambda: not list(system.api.listed("/target-user-records", user=user)))
    wait_for(lambda: not list(system.api.listed("/notifications", user=user)))


def stored_letters(system: System) -> list[str]:
    """Return the names of the stored dead letters of e-mails."""
    bucket = system.access["outputs"]["ContentBucket"]
    listed = system.client("s3").list_objects_v2(Bucket=bucket, Prefix="dead-letters/email/")
    return [item["Key"] for item in listed.get("Contents", ())]


Break = Callable[[System], Callable[[str], None]]


def schedule_off(system: System) -> Callable[[str], None]:
    """Disable the dispatcher's schedule. The remedy enables it."""
    client = system.client("scheduler")
    names = [schedule["Name"] for schedule in client.list_schedules()["Schedules"]]
    [name] = [name for name in names if "Dispatcher" in name]
    before = client.get_schedule(Name=name)
    kept = {key: before[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(Name=name, State="DISABLED", **kept)
    return lambda remedy: typed(system, remedy)


def secret_wrong(system: System) -> Callable[[str], None]:
    """Change the token at the provider, so that the deployed one is wrong."""
    token = system.secret("twilio")["auth_token"]
    system.simulator("PUT", "/twilio/account", {"auth_token": "another-token"})

    def mend(_remedy: str) -> None:
        system.simulator("PUT", "/twilio/account", {"auth_token": token})
        system.api("POST", f"/targets/{system.target('Twilio')['id']}/resume")

    return mend


def event_rule_gone(system: System) -> Callable[[str], None]:
    """Delete the rule that passes SES's events to their queue."""
    client = system.client("events")
    [rule] = [rule for rule in client.list_rules()["Rules"] if "MailEventsRule" in rule["Name"]]
    name = rule["Name"]
    targets = client.list_targets_by_rule(Rule=name)["Targets"]
    client.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    client.delete_rule(Name=name)

    def mend(_remedy: str) -> None:
        client.put_rule(Name=name, EventPattern=rule["EventPattern"])
        client.put_targets(Rule=name, Targets=targets)

    return mend


def policy_cut(system: System) -> Callable[[str], None]:
    """Remove the statements about SES from the policy of the function that sends e-mail."""
    iam = system.client("iam")
    name = next(
        role["RoleName"]
        for page in iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
        if "DeliverEmailRole" in role["RoleName"]
    )
    kept: dict[str, Any] = {}
    for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy_name)["PolicyDocument"]
        if "ses:SendEmail" in json.dumps(document):
            kept[policy_name] = document
            statements = [
                statement
                for statement in document["Statement"]
                if "ses:SendEmail" not in json.dumps(statement)
            ]
            put_policy(iam, name, policy_name, {**document, "Statement": statements})
    assert kept

    def mend(_remedy: str) -> None:
        for policy_name, document in kept.items():
            put_policy(iam, name, policy_name, document)
        system.api("POST", f"/targets/{system.target('Email')['id']}/resume")

    return mend


def put_policy(iam: Any, role: str, name: str, document: dict[str, Any]) -> None:
    """Replace an inline policy of a role."""
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def queue_detached(system: System) -> Callable[[str], None]:
    """Disable the event source mapping of a queue. The remedy enables it."""
    client = system.client("lambda")
    function = system.access["functions"]["DeliverExpo"]
    [source] = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    return lambda remedy: typed(system, remedy)


def recursion_setting(system: System) -> Callable[[str], None]:
    """Let Lambda drop the messages of a function as a loop. The remedy sets it back."""
    system.client("lambda").put_function_recursion_config(
        FunctionName=system.access["functions"]["DeliverEmail"], RecursiveLoop="Terminate"
    )
    return lambda remedy: typed(system, remedy)


def expiry_off(system: System) -> Callable[[str], None]:
    """Keep finished notifications for ever. The remedy switches the expiry on."""
    system.client("dynamodb").update_time_to_live(
        TableName=system.access["outputs"]["NotificationsTable"],
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"},
    )
    return lambda remedy: typed(system, remedy)


def identity_unverified(system: System) -> Callable[[str], None]:
    """Delete the sender's identity. The remedy creates that of its domain."""
    client, address = system.client("sesv2"), system.access["email_from"]
    client.delete_email_identity(EmailIdentity=address)

    def mend(remedy: str) -> None:
        typed(system, remedy)
        client.delete_email_identity(EmailIdentity=address.rpartition("@")[2])
        client.create_email_identity(EmailIdentity=address)

    return mend


#: What is broken, the checks that send through it, and what the finding of each failed check says.
BREAKS: dict[str, tuple[Break, tuple[str, ...], dict[str, str]]] = {
    "schedule off": (schedule_off, (), {"schedule": "is disabled: nothing is dispatched"}),
    "secret wrong": (secret_wrong, ("sms",), {"sms": "20003"}),
    "event rule gone": (
        event_rule_gone,
        ("delivery", "bounce"),
        {
            "mail events": "was deleted: deliveries, bounces and complaints are not recorded",
            "delivery": "after 10 s; expected was DELIVERED",
            "bounce": "after 10 s; expected was INACTIVE DEVICE",
        },
    ),
    "policy cut": (
        policy_cut,
        ("delivery",),
        {
            "policies": "DeliverEmail is not allowed ses:SendEmail (implicitDeny)",
            "delivery": "AccessDenied",
        },
    ),
    "queue detached": (
        queue_detached,
        ("push",),
        {
            "queues": "The event source mapping of notifications-deliver-expo is disabled",
            "push": "The notification is SCHEDULED after 10 s; expected was INACTIVE DEVICE",
        },
    ),
    "recursion setting": (recursion_setting, (), {"recursion": "RecursiveLoop Terminate"}),
    "expiry off": (expiry_off, (), {"expiry": "NotificationsTable is disabled"}),
    "identity unverified": (
        identity_unverified,
        (),
        {"sender": "SES has verified neither notifications@example.com nor example.com"},
    ),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_fault_is_named_and_nothing_else(system: System, fault: str) -> None:
    breaks, live, expected = BREAKS[fault]
    checks = [*only({**SETTINGS, **dict.fromkeys(live)}), "--sms", PHONE, "--patience", PATIENCE]
    mend = breaks(system)
    try:
        ran = smoke(system, *checks)
        failed = findings(ran, "failed")
    finally:
        mend(next((item["remedy"] for item in failed.values()), ""))

    assert ran.code == 1
    assert failed.keys() == expected.keys()
    for check, words in expected.items():
        assert words in failed[check]["message"]
        assert failed[check]["remedy"]
    again = [*only(expected), "--sms", PHONE, "--patience", "20"]
    wait_for(lambda: smoke(system, *again).code == 0)


def test_the_user_of_an_interrupted_run_is_erased(system: System) -> None:
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from notification_system.cli.app import main; main()"
    command = [sys.executable, "-P", "-c", program, "smoke", *only(("scheduled", "repeated"))]
    command += ["--local", str(system.stack.layout.stack)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    environment["PYTHONPATH"] = str(PROJECT / "clients/python")
    with running(command, environment) as process:
        announced = process.stderr.readline()
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        code = process.wait(timeout=30)

    user = announced.split()[-2]
    assert "repeated" in first
    assert code == 130
    assert f"The test user {user} is being erased" in rest
    assert "Interrupted. 2 passed" in rest
    assert_is_erased(system, user)


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Any]:
    """Run a program whose output is read line by line."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_check_that_does_not_exist_is_named(system: System) -> None:
    ran = smoke(system, "--only", "nonsense")

    assert ran.code == 2
    assert "no check is named nonsense" in " ".join(ran.err.split())
