"""An update of a deployment adds or removes at most one index of a table.

CloudFormation rejects an update with two: "Cannot perform more than one GSI creation or deletion in
a single update". `indexes_of_1.0.0.json` has the indexes of the release before this one; write this
release's indexes there when it is out (docs/decisions/0070-search-by-sparse-indexes.md).
"""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from infra.template_check.check import deployed
from tests.architecture.templates import read

Indexes = dict[str, set[str]]
Templates = dict[str, dict[str, Any]]

RELEASED: Indexes = {
    table: set(indexes)
    for table, indexes in json.loads(
        Path(__file__).with_name("indexes_of_1.0.0.json").read_text()
    ).items()
}

#: The values that each parameter of the template may have, if they are listed.
CHOICES: dict[str, list[str]] = {
    name: parameter["AllowedValues"]
    for name, parameter in read("template.yaml")["Parameters"].items()
    if "AllowedValues" in parameter
}
#: Each choice that differs from a default.
CHANGES = [
    (name, value)
    for name, values in CHOICES.items()
    for value in values
    if value != read("template.yaml")["Parameters"][name]["Default"]
]
SWITCHES = ("ReferenceIndex", "ProviderIdIndex")


def indexes_of(templates: Templates, **parameters: str) -> Indexes:
    """Return the indexes of each table that has any."""
    transport = parameters.pop("EmailTransport", "ses")
    tables = deployed(templates[transport], transport, **parameters).of("AWS::DynamoDB::Table")
    return {
        name: {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
        for name, table in tables.items()
        if "GlobalSecondaryIndexes" in table
    }


def refused(before: Indexes, after: Indexes) -> list[str]:
    """Return the tables whose update from one set of indexes to another is rejected."""
    changed = {name: before.get(name, set()) ^ after.get(name, set()) for name in before | after}
    return sorted(name for name, indexes in changed.items() if len(indexes) > 1)


def test_an_update_of_the_last_release_is_accepted(transformed: Templates) -> None:
    assert refused(RELEASED, indexes_of(transformed)) == []


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_a_change_of_one_parameter_is_accepted(
    transformed: Templates, name: str, value: str
) -> None:
    assert refused(indexes_of(transformed), indexes_of(transformed, **{name: value})) == []


def test_two_new_indexes_of_a_table_are_refused(transformed: Templates) -> None:
    both = indexes_of(transformed, ReferenceIndex="true", ProviderIdIndex="true")

    assert refused(RELEASED, both) == ["NotificationsTable"]
    assert both["NotificationsTable"] - RELEASED["NotificationsTable"] == {
        "by_provider_id",
        "by_reference",
    }


@pytest.mark.parametrize("values", list(product(("true", "false"), repeat=2)))
def test_a_table_defines_the_attributes_of_its_keys_and_no_others(
    transformed: Templates, values: tuple[str, str]
) -> None:
    """CloudFormation rejects a table with the definition of an attribute that is no key."""
    parameters = dict(zip(SWITCHES, values, strict=True))
    tables = deployed(transformed["ses"], "ses", **parameters).of("AWS::DynamoDB::Table")

    for table in tables.values():
        indexes = table.get("GlobalSecondaryIndexes", [])
        schemas = [table["KeySchema"], *(index["KeySchema"] for index in indexes)]
        keys = {part["AttributeName"] for schema in schemas for part in schema}
        assert {each["AttributeName"] for each in table["AttributeDefinitions"]} == keys
    names = {index["IndexName"] for index in tables["NotificationsTable"]["GlobalSecondaryIndexes"]}
    assert ("by_reference" in names, "by_provider_id" in names) == tuple(
        value == "true" for value in values
    )
