"""The stores' models and the deployed tables are the same: keys, indexes, projections, TTL."""

from collections.abc import Iterable
from typing import Any

import pytest
from pynamodb.models import Model

from notification_core.adapters.dynamodb.tables import models
from tests.architecture.templates import read, resources

DEPLOYED = resources("AWS::DynamoDB::Table")

#: The table of each model: those that share a `Meta.table_name` share a table.
MODELS: dict[str, list[type[Model]]] = {
    "TargetsTable": [models.TargetItem, models.TargetNameItem],
    "RecordsTable": [models.RecordItem, models.AddressBookItem, models.AddressItem],
    "OptOutsTable": [models.OptOutItem, models.SuppressionItem],
    "NotificationsTable": [models.NotificationItem, models.PollItem],
    "ModulesTable": [models.ModuleItem],
    "JobsTable": [models.JobItem],
}
PAIRS = [(name, model) for name, models in MODELS.items() for model in models]


def with_optional(value: Iterable[Any]) -> list[Any]:
    """Return a list with what parameters of the template can omit: `!If [condition, it, ...]`."""
    return [each[1] if isinstance(each, list) else each for each in value]


def key_of(schema: Iterable[Any]) -> dict[str, str]:
    """Return a key as {HASH: name, RANGE: name}."""
    return {part["KeyType"]: part["AttributeName"] for part in schema}


def types_of(definitions: Iterable[Any]) -> dict[str, str]:
    """Return the types of the attributes that are keys."""
    return {each["AttributeName"]: each["AttributeType"] for each in with_optional(definitions)}


def test_every_table_has_its_models_and_every_model_its_table() -> None:
    assert set(DEPLOYED) == set(MODELS)
    assert {model for _, model in PAIRS} == set(models.ALL)


@pytest.mark.parametrize(("table", "model"), PAIRS)
def test_the_keys_are_the_same(table: str, model: type[Model]) -> None:
    schema = model._get_schema()

    assert key_of(DEPLOYED[table]["KeySchema"]) == key_of(schema["key_schema"])


@pytest.mark.parametrize("table", list(MODELS))
def test_the_indexes_and_what_they_project_are_the_same(table: str) -> None:
    deployed = {
        each["IndexName"]: (key_of(each["KeySchema"]), each["Projection"])
        for each in with_optional(DEPLOYED[table].get("GlobalSecondaryIndexes", []))
    }
    modelled = {
        each["index_name"]: (key_of(each["key_schema"]), each["projection"])
        for model in MODELS[table]
        for each in model._get_schema()["global_secondary_indexes"]
    }

    assert deployed == modelled


@pytest.mark.parametrize("table", list(MODELS))
def test_exactly_the_key_attributes_are_defined_and_with_the_models_types(table: str) -> None:
    modelled: dict[str, str] = {}
    for model in MODELS[table]:
        modelled |= types_of(model._get_schema()["attribute_definitions"])

    assert types_of(DEPLOYED[table]["AttributeDefinitions"]) == modelled


def test_only_finished_notifications_and_jobs_expire_and_by_an_attribute_that_they_have() -> None:
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in DEPLOYED.items()
        if "TimeToLiveSpecification" in table
    }

    by_it = {"AttributeName": "expires_at", "Enabled": "true"}
    assert expiring == {"NotificationsTable": by_it, "JobsTable": by_it}
    for model in (models.NotificationItem, models.JobItem):
        assert model.get_attributes()["expires_at"].attr_type == "N"


def test_what_users_were_told_outlives_the_stack() -> None:
    found = read("template.yaml")["Resources"]
    kept = {name for name in DEPLOYED if found[name].get("UpdateReplacePolicy") == "Retain"}

    assert kept == set(DEPLOYED) - {"ModulesTable", "JobsTable"}
    assert all(found[name]["DeletionPolicy"].startswith("Retain") for name in kept)
