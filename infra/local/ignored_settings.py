"""Settings of the template that the emulator's CloudFormation ignores, applied service by service.

The deployed template contains the values. This module lists which properties are ignored
(docs/decisions/0012-what-the-template-does-for-the-emulator.md) and which call sets each of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from infra.local.cloud import Cloud
from infra.local.deployed_template import Part, parts_of
from infra.local.layout import STACK


def apply_ignored_settings(cloud: Cloud) -> None:
    """Apply the ignored settings to the deployed stack."""
    for part in parts_of(cloud.client("cloudformation"), STACK):
        for (kind, name), apply in _CALLS.items():
            if part.kind == kind and name in part.properties:
                apply(cloud, part)


def _recursive_loop(cloud: Cloud, function: Part) -> None:
    cloud.client("lambda").put_function_recursion_config(
        FunctionName=function.physical, RecursiveLoop=function.properties["RecursiveLoop"]
    )


def _expiry(cloud: Cloud, table: Part) -> None:
    wanted = table.properties["TimeToLiveSpecification"]
    cloud.client("dynamodb").update_time_to_live(
        TableName=table.physical,
        TimeToLiveSpecification={
            "AttributeName": wanted["AttributeName"],
            "Enabled": _boolean(wanted["Enabled"]),
        },
    )


def _recovery(cloud: Cloud, table: Part) -> None:
    wanted = table.properties["PointInTimeRecoverySpecification"]
    enabled = _boolean(wanted["PointInTimeRecoveryEnabled"])
    cloud.client("dynamodb").update_continuous_backups(
        TableName=table.physical,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
    )


def _lifecycle(cloud: Cloud, bucket: Part) -> None:
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    cloud.client("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket.physical, LifecycleConfiguration={"Rules": [_rule(rule) for rule in rules]}
    )


def _rule(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a lifecycle rule from CloudFormation's format to S3's."""
    return {
        "ID": wanted["Id"],
        "Status": wanted["Status"],
        "Filter": {"Prefix": wanted["Prefix"]},
        "Expiration": {"Days": int(wanted["ExpirationInDays"])},
    }


def _boolean(value: Any) -> bool:
    """Parse a boolean as CloudFormation does; the value of a parameter is a string."""
    return {"true": True, "false": False}[str(value).lower()]


_CALLS: dict[tuple[str, str], Callable[[Cloud, Part], None]] = {
    ("AWS::Lambda::Function", "RecursiveLoop"): _recursive_loop,
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): _expiry,
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): _recovery,
    ("AWS::S3::Bucket", "LifecycleConfiguration"): _lifecycle,
}
