"""`notify restore --table` on a deployed stack: a restored copy takes the place of a table."""

from typing import Any
from uuid import uuid4

import pytest

from notification_system.cli.errors import CliError
from notification_system.cli.restore.replacing import detached
from notification_system.cli.restore.retained import (
    TABLE,
)
from notification_system.cli.template_file import ParameterValues
from tests.cli.test_restore import PARAMETERS, TEMPLATE, Left, created, words
from tests.emulator import Emulator
from tests.restoring import import_of

COPY = ("copy", "arn:aws:dynamodb:eu-west-1:123456789012:table/copy")


def test_every_reference_to_the_table_names_the_copy() -> None:
    template = {
        "Resources": {
            "Letters": {"Type": TABLE},
            "Others": {"Type": TABLE, "DependsOn": "Letters"},
            "Function": {
                "DependsOn": ["Letters", "Others"],
                "Properties": {
                    "Name": {"Ref": "Letters"},
                    "Other": {"Ref": "Others"},
                    "Arns": [{"Fn::GetAtt": ["Letters", "Arn"]}, {"Fn::GetAtt": "Letters.Arn"}],
                    "Index": {
                        "Fn::Sub": "${Letters.Arn}/index/due of ${Letters} in ${AWS::Region}"
                    },
                    "Longer": {"Fn::Sub": ["${Name}", {"Name": {"Ref": "Letters"}}]},
                },
            },
        },
        "Outputs": {"Letters": {"Value": {"Ref": "Letters"}}},
    }

    rest = detached(template, {"Letters": COPY})

    assert rest["Resources"].keys() == {"Others", "Function"}
    assert rest["Resources"]["Others"]["DependsOn"] == []
    assert rest["Resources"]["Function"]["DependsOn"] == ["Others"]
    assert rest["Resources"]["Function"]["Properties"] == {
        "Name": "copy",
        "Other": {"Ref": "Others"},
        "Arns": [COPY[1], COPY[1]],
        "Index": {"Fn::Sub": f"{COPY[1]}/index/due of copy in ${{AWS::Region}}"},
        "Longer": {"Fn::Sub": ["${Name}", {"Name": "copy"}]},
    }
    assert rest["Outputs"] == {"Letters": {"Value": "copy"}}


def test_an_attribute_that_a_copy_has_under_another_value_is_refused() -> None:
    stream = {"Fn::GetAtt": ["Letters", "StreamArn"]}

    with pytest.raises(CliError, match=r"Letters\.StreamArn"):
        detached({"Resources": {"Use": stream}}, {"Letters": COPY})


@pytest.fixture
def deployed(emulator: Emulator) -> Left:
    """A stack of the retained resources, and of some that refer to a table."""
    stack = f"deployed-{uuid4().hex[:8]}"
    values = ParameterValues(TEMPLATE, PARAMETERS)
    template = import_of(values)
    template["Resources"] |= {
        "Name": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Ref": "NotificationsTable"}},
        },
        "Index": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::Sub": "${NotificationsTable.Arn}/index/due"},
            },
        },
    }
    template["Outputs"] = {
        "ApiUrl": {"Value": "https://api.example.com"},
        "NotificationsTable": {"Value": {"Ref": "NotificationsTable"}},
    }
    return created(emulator, stack, template)


def values_of(deployed: Left) -> list[str]:
    """Return the values that refer to the table."""
    ssm = deployed.emulator.client("ssm")
    names = [deployed.resources()[logical] for logical in ("Name", "Index")]
    return [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names]


def test_a_copy_takes_the_place_of_the_table_and_the_table_is_left(deployed: Left) -> None:
    copy = deployed.copy_of_notifications("due", "by_user", "failed", "by_reference")
    options = ("--table", f"Notifications={copy}", "--no-deploy")

    shown = deployed.restore(*options, "--dry-run")
    before = deployed.resources()
    ran = deployed.restore(*options, "--yes")

    assert copy in words(shown.out)
    assert before == deployed.names
    assert deployed.resources() == deployed.names | {"NotificationsTable": copy}
    name, index = values_of(deployed)
    assert name == copy
    assert index.endswith(f":table/{copy}/index/due")
    stack: Any = deployed.stack_now()
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["NotificationsTable"] == copy
    old = deployed.names["NotificationsTable"]
    assert f"{old} is no longer in the stack, and was not deleted." in words(ran.err)
    dynamodb = deployed.emulator.client("dynamodb")
    assert dynamodb.describe_table(TableName=old)["Table"]["TableStatus"] == "ACTIVE"
    expiry = dynamodb.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
    assert expiry["TimeToLiveStatus"] == "ENABLED"
    assert [*s3_keys(deployed)] == []
    again = deployed.restore(*options, "--yes")
    assert "The copies are in the stack already." in again.err


def s3_keys(deployed: Left) -> list[str]:
    """Return the keys of the objects in the stack's bucket."""
    listed = deployed.emulator.client("s3").list_objects_v2(Bucket=deployed.names["ContentBucket"])
    return [each["Key"] for each in listed.get("Contents", ())]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "exists, and is deployed. There is nothing to restore."),
        (("--bucket", "another"), "ContentBucket cannot be replaced while the stack is deployed."),
        (("--table", "Letters=x"), "LettersTable is not restored."),
    ],
)
def test_what_cannot_be_replaced_is_refused(
    deployed: Left, options: tuple[str, ...], problem: str
) -> None:
    ran = deployed.restore(*options, "--yes", code=1)

    assert problem in words(ran.err)
    assert deployed.resources() == deployed.names
