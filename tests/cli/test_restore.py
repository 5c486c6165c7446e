"""`notify restore` on an emulator, up to the deployment, which tests/system/test_restore.py has."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from infra.local.layout import PROJECT, ROOT_KEY
from notification_system.cli.restore.discovery import find_deleted_stack
from notification_system.cli.restore.retained import (
    TABLE,
    index_names,
    retained_resources,
)
from notification_system.cli.template_file import ParameterValues, read_template
from tests.cli.conftest import Ran, notify_in
from tests.emulator import Emulator
from tests.restoring import import_of

TEMPLATE = read_template(PROJECT / "template.yaml")
PARAMETERS = {"EmailFrom": "orders@example.com", "Console": "true", "PythonRuntime": "python3.12"}


@dataclass
class Left:
    """A stack of the retained resources and the two keys, which was deleted."""

    stack: str
    emulator: Emulator
    names: dict[str, str]  #: the physical ids by logical id

    def restore(self, *options: str, code: int = 0) -> Ran:
        """Run the command without the deployment."""
        ran = notify_in(
            PROJECT,
            *("restore", "--stack", self.stack, "--region", "us-east-1", *options),
            AWS_ENDPOINT_URL=self.emulator.url,
            **ROOT_KEY,
        )
        assert ran.code == code, ran
        assert "Traceback" not in ran.err
        return ran

    def stack_now(self) -> dict[str, Any] | None:
        """Return the stack as it is described, or None."""
        stacks = self.emulator.client("cloudformation").describe_stacks()["Stacks"]
        return next((stack for stack in stacks if stack["StackName"] == self.stack), None)

    def resources(self) -> dict[str, str]:
        """Return the physical ids of the stack's resources by logical id."""
        pages = self.emulator.client("cloudformation").get_paginator("list_stack_resources")
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.stack)
            for resource in page["StackResourceSummaries"]
        }

    def copy_of_notifications(self, *indexes: str) -> str:
        """Create a table as a restored one is: with these indexes, and without settings."""
        [properties] = [
            resource.properties
            for resource in retained_resources(ParameterValues(TEMPLATE, PARAMETERS))
            if resource.logical == "NotificationsTable"
        ]
        kept = [
            index for index in properties["GlobalSecondaryIndexes"] if index["IndexName"] in indexes
        ]
        keys = {key["AttributeName"] for each in (properties, *kept) for key in each["KeySchema"]}
        name = f"copy-{uuid4().hex[:8]}"
        self.emulator.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=[
                each for each in properties["AttributeDefinitions"] if each["AttributeName"] in keys
            ],
            GlobalSecondaryIndexes=kept,
        )
        return name


def words(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def named_copies(left: Left) -> list[str]:
    """Return the options that name everything that a stack without the console needs."""
    tables = [
        option
        for name, physical in left.names.items()
        if name.endswith("Table") and name != "AuditTable"
        for option in ("--table", f"{name.removesuffix('Table')}={physical}")
    ]
    return [
        *tables,
        *("--bucket", left.names["ContentBucket"]),
        *("--erasure-secret", left.names["ErasureSecret"]),
        *("--unsubscribe-secret", left.names["UnsubscribeSecret"]),
    ]


def created(emulator: Emulator, stack: str, template: dict[str, Any]) -> Left:
    """Create a stack of a template, and return its resources."""
    cloudformation = emulator.client("cloudformation")
    answer = cloudformation.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()
        ],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=answer["StackId"], WaiterConfig={"Delay": 0.2})
    left = Left(stack, emulator, {})
    left.names = left.resources()
    return left


@pytest.fixture
def left(emulator: Emulator) -> Left:
    """What is left of a stack of its own."""
    stack = f"left-{uuid4().hex[:8]}"
    values = ParameterValues(TEMPLATE, PARAMETERS)
    template = import_of(values)
    for name in ("ErasureSecret", "UnsubscribeSecret"):
        secret = TEMPLATE["Resources"][name]
        template["Resources"][name] = {
            key: value for key, value in secret.items() if key != "Condition"
        }
    resources = created(emulator, stack, template)
    cloudformation = emulator.client("cloudformation")
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    cloudformation.delete_stack(StackName=stack)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=described["StackId"], WaiterConfig={"Delay": 0.2})
    return resources


def test_every_resource_comes_back_into_the_stack_with_its_parameters(left: Left) -> None:
    ran = left.restore("--yes", "--no-deploy")

    imported = {name: left.names[name] for name in left.names if not name.endswith("Secret")}
    assert left.resources() == imported
    assert {"NotificationsTable", "AuditTable", "ContentBucket", "UserPool"} <= imported.keys()
    stack = left.stack_now()
    assert stack is not None
    assert stack["StackStatus"] == "IMPORT_COMPLETE"
    kept = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert kept.items() >= PARAMETERS.items()
    for name in ("ErasureSecret", "UnsubscribeSecret"):
        assert f":secret:{left.names[name]}" in kept[f"{name}Arn"]
    assert "make build RUNTIME=python3.12 ARCHITECTURE=arm64" in words(ran.out)


def test_a_dry_run_changes_nothing(left: Left) -> None:
    ran = left.restore("--dry-run")

    assert all(name in words(ran.out).replace(" ", "") for name in left.names.values())
    assert left.stack_now() is None


def test_without_an_answer_nothing_is_done(left: Left) -> None:
    ran = left.restore(code=1)

    assert "Nothing was done." in ran.err
    assert left.stack_now() is None


def test_a_restored_table_takes_the_place_of_the_old_one_and_gets_its_settings(left: Left) -> None:
    copy = left.copy_of_notifications("due", "by_user", "failed")

    ran = left.restore("--yes", "--no-deploy", "--table", f"Notifications={copy}")

    assert f"time to live by expires_at of {copy}" in words(ran.err)
    assert left.resources()["NotificationsTable"] == copy
    dynamodb = left.emulator.client("dynamodb")
    expiry = dynamodb.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    backups = dynamodb.describe_continuous_backups(TableName=copy)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    assert recovery == "ENABLED"
    # The deployment creates the index that the copy lacks, because the stack does not have it.
    template = left.emulator.client("cloudformation").get_template(StackName=left.stack)
    body = template["TemplateBody"]
    properties = (json.loads(body) if isinstance(body, str) else body)["Resources"][
        "NotificationsTable"
    ]["Properties"]
    assert index_names(properties) == {"due", "by_user", "failed"}
    assert "reference" not in str(properties["AttributeDefinitions"])


def test_a_copy_that_lacks_two_indexes_is_refused(left: Left) -> None:
    copy = left.copy_of_notifications("due", "by_user")

    ran = left.restore("--yes", "--table", f"Notifications={copy}", code=1)

    assert f"The table {copy} lacks the indexes by_reference, failed" in words(ran.err)
    assert left.stack_now() is None


def test_a_table_of_another_kind_is_refused(left: Left) -> None:
    other = left.names["OptOutsTable"]

    ran = left.restore("--yes", "--table", f"Notifications={other}", code=1)

    assert "is not a NotificationsTable: its key is user, not id" in words(ran.err)


def test_a_table_that_does_not_exist_is_named(left: Left) -> None:
    ran = left.restore("--yes", "--table", "OptOuts=elsewhere", code=1)

    assert "The table elsewhere does not exist in this region." in words(ran.err)


def test_a_secret_that_does_not_exist_needs_a_decision(left: Left) -> None:
    secrets = left.emulator.client("secretsmanager")
    secrets.delete_secret(SecretId=left.names["ErasureSecret"], ForceDeleteWithoutRecovery=True)

    refused = left.restore("--yes", code=1)
    ran = left.restore("--dry-run", "--erasure-secret", "new")

    assert "are no longer recognised" in words(refused.err)
    assert "ErasureSecret a new key" in words(ran.out)


def test_a_secret_that_is_about_to_be_deleted_is_refused(left: Left) -> None:
    secrets = left.emulator.client("secretsmanager")
    secrets.delete_secret(SecretId=left.names["UnsubscribeSecret"])

    ran = left.restore("--yes", code=1)

    assert "aws secretsmanager restore-secret" in words(ran.err)


def test_a_stack_that_was_never_there_needs_every_name(left: Left) -> None:
    left.stack = f"never-{uuid4().hex[:8]}"
    keys = ("--erasure-secret", "new", "--unsubscribe-secret", "new")

    ran = left.restore("--yes", *keys, code=1)

    assert "CloudFormation remembers no deleted stack of this name" in words(ran.err)
    assert "--table Notifications=NAME" in words(ran.err)
    assert "--bucket NAME" in words(ran.err)


def test_a_stack_of_another_region_comes_back_from_named_copies(left: Left) -> None:
    """The lost region: nothing of the old stack is known."""
    named = named_copies(left)
    left.stack = f"other-{uuid4().hex[:8]}"

    refused = left.restore("--yes", "--no-deploy", *named, code=1)
    left.restore("--yes", "--no-deploy", *named, "--parameter", "EmailFrom=a@example.com")

    assert "--parameter EmailFrom=" in words(refused.err)
    assert left.resources()["NotificationsTable"] == left.names["NotificationsTable"]


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--table", "Letters=x"), "LettersTable is not restored."),
        (("--parameter", "Colour=red"), "The template has no parameter Colour."),
    ],
)
def test_an_unknown_name_is_refused(left: Left, option: tuple[str, str], problem: str) -> None:
    ran = left.restore("--yes", *option, code=1)

    assert problem in words(ran.err)


def import_table(left: Left, stack: str, table: str) -> None:
    """Prepare the import of a table with the key of users into a stack."""
    definition = {
        "Type": TABLE,
        "DeletionPolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "user", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}],
        },
    }
    left.emulator.client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName="restore",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": {"Table": definition}}),
        ResourcesToImport=[
            {
                "ResourceType": TABLE,
                "LogicalResourceId": "Table",
                "ResourceIdentifier": {"TableName": table},
            }
        ],
    )


def test_a_table_that_belongs_to_a_stack_is_named_with_that_stack(left: Left) -> None:
    cloudformation = left.emulator.client("cloudformation")
    import_table(left, f"{left.stack}-other", left.names["OptOutsTable"])
    cloudformation.execute_change_set(StackName=f"{left.stack}-other", ChangeSetName="restore")
    waiter = cloudformation.get_waiter("stack_import_complete")
    waiter.wait(StackName=f"{left.stack}-other", WaiterConfig={"Delay": 0.2})

    ran = left.restore("--yes", code=1)

    assert f"still belongs to the stack {left.stack}-other." in words(ran.err)
    assert left.stack_now() is None


def test_an_attempt_that_only_prepared_an_import_does_not_block_the_next(left: Left) -> None:
    import_table(left, left.stack, left.names["OptOutsTable"])
    # The emulator forgets a deleted stack once another has its name.
    named = [*named_copies(left), "--parameter", "EmailFrom=a@example.com"]

    left.restore("--yes", "--no-deploy", *named)

    assert left.resources()["NotificationsTable"] == left.names["NotificationsTable"]


def test_a_stack_without_resources_does_not_count_as_restored(left: Left) -> None:
    """As after an import into a new stack that was rolled back."""
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["yes", "no"]}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "Never"}},
    }
    cloudformation = left.emulator.client("cloudformation")
    cloudformation.create_stack(StackName=left.stack, TemplateBody=json.dumps(template))
    named = [*named_copies(left), "--parameter", "EmailFrom=a@example.com"]

    left.restore("--yes", "--no-deploy", *named)

    assert left.resources()["NotificationsTable"] == left.names["NotificationsTable"]


class CloudFormation:
    """Three deleted stacks: the last one left nothing, and the others a table each."""

    def get_paginator(self, name: str) -> "CloudFormation":
        self._listing = name
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        if self._listing == "list_stacks":
            times = {day: datetime(2026, 1, day, tzinfo=UTC) for day in (3, 9, 6)}
            return [
                {
                    "StackSummaries": [
                        {"StackName": "mine", "StackId": f"id-{day}", "DeletionTime": at}
                        for day, at in times.items()
                    ]
                }
            ]
        event = {
            "LogicalResourceId": "OptOutsTable",
            "PhysicalResourceId": f"table of {request['StackName']}",
            "ResourceStatus": "DELETE_SKIPPED",
        }
        replaced = event | {"PhysicalResourceId": "a table that the last one replaced"}
        return [{"StackEvents": [] if request["StackName"] == "id-9" else [event, replaced]}]

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - of boto3
        return {"Stacks": [{"StackId": StackName, "Parameters": []}]}


def test_the_stack_that_left_resources_last_is_the_one_that_comes_back() -> None:
    """AWS remembers every deleted stack of a name; the emulator only the last one."""
    deleted = find_deleted_stack(CloudFormation(), "mine")

    assert deleted is not None
    assert deleted.deleted_at.day == 6
    assert deleted.retained == {"OptOutsTable": "table of id-6"}
    assert deleted.unused == ("table of id-3",)
