"""A stack is deleted, and `notify restore` brings it back over what the deletion left."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from infra.local.layout import PROJECT, ROOT_KEY, STACK
from infra.local.stack import LocalStack
from notification_system.cli.restore.retained import retained_resources
from notification_system.cli.template_file import ParameterValues, read_template
from tests.cli.conftest import Ran, notify_in
from tests.system.conftest import System, wait_for

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not os.environ.get("OPERATIONS"), reason="takes minutes; run make operations"
    ),
]

#: The body of a notification whose content is stored in the bucket.
LARGE = "A long letter. " * 200

#: Seconds that an erasure may take.
ERASED = 180


@dataclass
class World:
    """A stack that was deleted and brought back, and what was in it before."""

    system: System
    before: dict[str, list[dict[str, Any]]]  #: the items of each retained table
    waiting: dict[str, Any]  #: a notification that was scheduled before the deletion
    link: str  #: the path of an unsubscribe link that was sent before the deletion
    dry_run: Ran
    interrupted: Ran  #: an attempt that stopped after the import
    resumed: Ran


def restore(system: System, *options: str) -> Ran:
    """Run `notify restore` on the emulator as on AWS."""
    return notify_in(
        PROJECT,
        *("restore", "--stack", STACK, "--region", system.access["region"], *options),
        AWS_ENDPOINT_URL=system.access["endpoint_url"],
        **ROOT_KEY,
    )


def retained(system: System) -> dict[str, str]:
    """Return the names of the tables that outlive the stack, by their logical ids."""
    cloudformation = system.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    values = ParameterValues(read_template(PROJECT / "template.yaml"), {"Console": "true"})
    outliving = {resource.logical for resource in retained_resources(values)}
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::DynamoDB::Table"
        and resource["LogicalResourceId"] in outliving
    }


def items(system: System, table: str) -> list[dict[str, Any]]:
    """Return every item of a table, in the order of their texts."""
    pages = system.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted((item for page in pages for item in page["Items"]), key=str)


def is_refused(system: System, user: str, **request: str) -> bool:
    """Whether the API refuses a notification because its user has opted out."""
    body = {"user": user, "title": "Hello", "body": "There", **request}
    answer = system.api("POST", "/notifications", body)
    return answer.status == 409 and str(answer.body["type"]).endswith(":opted-out")


def delete_stack(system: System) -> None:
    cloudformation = system.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    cloudformation.delete_stack(StackName=STACK)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack["StackId"], WaiterConfig={"Delay": 1})


def unsubscribe_path(system: System, address: str) -> str:
    """Return the path of the link in an e-mail, below the URL of the API."""
    [mail] = system.inbox(address)
    link: str = mail["extra"]["headers"]["List-Unsubscribe"].strip("<>")
    return link[link.index("/unsubscribe/") :]


def live(system: System) -> tuple[dict[str, Any], str]:
    """Let people have what must not be lost; return a waiting notification and a link's path."""
    for user in ("ann", "bea", "cid", "dan"):
        system.register(user, "Email", f"{user}@example.com")
    [sent] = system.notify(user="cid", category="news")
    system.gone(sent)
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    [waiting] = system.notify(user="dan", body=LARGE, scheduled_delivery=ahead)
    for user in ("ann", "bea"):
        assert system.api("PUT", f"/opt-outs/{user}", {"active": True}).status == 200
    job = system.api("DELETE", "/users/bea").body
    wait_for(lambda: system.api("GET", f"/jobs/{job['id']}").body["state"] == "done", ERASED)
    return waiting, unsubscribe_path(system, "cid@example.com")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own, deleted and brought back once for all tests."""
    stack = LocalStack(tmp_path_factory.mktemp("restored"), say=lambda _: None)
    try:
        system = System(stack.up(), stack)
        waiting, link = live(system)
        names = retained(system)
        before = {logical: items(system, name) for logical, name in names.items()}
        delete_stack(system)

        dry_run = restore(system, "--dry-run")
        interrupted = restore(system, "--yes", "--no-deploy")
        resumed = restore(system, "--yes")
        # The emulator's further settings, such as the simulator's credentials.
        system = System(stack.up(), stack)
        yield World(system, before, waiting, link, dry_run, interrupted, resumed)
    finally:
        stack.down()


def test_the_tables_have_the_items_that_they_had(world: World) -> None:
    names = retained(world.system)

    assert {"NotificationsTable", "OptOutsTable", "AuditTable", "TemplatesTable"} <= names.keys()
    assert names.keys() == world.before.keys()
    for logical, before in world.before.items():
        assert items(world.system, names[logical]) == before, logical
    assert len(world.before["NotificationsTable"]) == 2
    assert world.before["OptOutsTable"]


def test_a_notification_that_waited_is_sent(world: World) -> None:
    found = world.system.read(world.waiting)
    assert (found["status"], found["body"]) == ("SCHEDULED", LARGE)

    with world.system.later(days=2, minutes=1):
        world.system.tick()
        assert world.system.gone(world.waiting)["status"] in {"SENT", "DELIVERED"}

    [mail] = world.system.inbox("dan@example.com")
    assert mail["body"].startswith(LARGE.strip())


def test_a_user_who_had_opted_out_is_still_refused(world: World) -> None:
    assert is_refused(world.system, "ann")


def test_a_user_who_was_erased_after_opting_out_is_still_refused(world: World) -> None:
    world.system.register("bea", "Email", "bea@example.com")

    assert is_refused(world.system, "bea")
    assert world.system.inbox("bea@example.com") == []


def test_an_old_unsubscribe_link_still_works(world: World) -> None:
    # Without a domain of its own the API has another address, which the old e-mail does not know.
    url = world.system.access["api_url"] + world.link
    assert urlsplit(url).path.count("/unsubscribe/") == 1
    [before] = world.system.notify(user="cid", category="news")
    assert world.system.gone(before)["status"] in {"SENT", "DELIVERED"}

    answer = requests.post(url, data={"List-Unsubscribe": "One-Click"}, timeout=30)

    assert answer.status_code == 200
    assert is_refused(world.system, "cid", category="news")


def test_a_dry_run_shows_what_would_be_done_and_changes_nothing(world: World) -> None:
    assert world.dry_run.code == 0, world.dry_run
    assert "NotificationsTable" in world.dry_run.out
    assert "ContentBucket" in world.dry_run.out
    assert ":secret:notifications/erasure" in "".join(world.dry_run.out.split())
    assert "Nothing was changed." in world.dry_run.err


def test_an_interrupted_restore_continues(world: World) -> None:
    assert world.interrupted.code == 0, world.interrupted
    command = " ".join(world.interrupted.out.partition("sam deploy")[2].split())
    assert " --stack-name notifications " in command
    assert world.resumed.code == 0, world.resumed
    assert "have been imported already" in world.resumed.err
    assert "The stack notifications is back" in world.resumed.out


def test_a_restored_copy_replaces_a_table_of_the_deployed_stack(world: World) -> None:
    """The last test, because it changes the stack."""
    system = world.system
    old, copy = retained(system)["OptOutsTable"], "opt-outs-restored"
    key = {"AttributeName": "user"}
    dynamodb = system.client("dynamodb")
    dynamodb.create_table(
        TableName=copy,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[key | {"AttributeType": "S"}],
        KeySchema=[key | {"KeyType": "HASH"}],
    )
    for item in items(system, old):
        dynamodb.put_item(TableName=copy, Item=item)

    ran = restore(system, "--table", f"OptOuts={copy}", "--yes")

    assert ran.code == 0, ran
    assert retained(system)["OptOutsTable"] == copy
    assert system.api("PUT", "/opt-outs/dan", {"active": True}).status == 200
    assert is_refused(system, "ann")
    assert is_refused(system, "dan")
    kept = {item["user"]["S"] for item in items(system, copy)}
    assert kept - {item["user"]["S"] for item in items(system, old)} == {"dan"}
