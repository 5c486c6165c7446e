"""The stores' models and the deployed tables are the same: keys, indexes, projections, TTL."""

from collections.abc import Iterable
from typing import Any

import pytest
from pynamodb.models import Model

from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.models import console
from notification_core.adapters.dynamodb.models.counters import CounterItem
from tests.architecture.templates import read, resources

DEPLOYED = resources("AWS::DynamoDB::Table")
#: Those of every function, and those that only the console's function has.
VARIABLES = {
    **resources("AWS::Serverless::Function")["ConsolePages"]["Environment"]["Variables"],
    **read("template.yaml")["Globals"]["Function"]["Environment"]["Variables"],
}

#: The models of the tables that only a deployment with the console has.
OPTIONAL = (*console.ALL, CounterItem)
ALL = (*models.ALL, *OPTIONAL)


def reference_in(value: Any) -> str:
    """Return the table that a variable names: `!Ref it`, or `!If [HasConsole, !Ref it, '']`."""
    return str(value[1] if isinstance(value, list) else value).removeprefix("!Ref ")


#: The models of each table that a variable refers to.
MODELS: dict[str, list[type[Model]]] = {
    reference_in(VARIABLES[variable]): [model for model in ALL if model.Meta.variable == variable]
    for variable in dict.fromkeys(model.Meta.variable for model in ALL)
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
    return {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in with_optional(definitions)
    }


def test_every_table_has_its_models() -> None:
    assert set(DEPLOYED) == set(MODELS)


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
        index["index_name"]: (key_of(index["key_schema"]), index["projection"])
        for model in MODELS[table]
        for index in model._get_schema()["global_secondary_indexes"]
    }

    assert deployed == modelled


@pytest.mark.parametrize("table", list(MODELS))
def test_exactly_the_key_attributes_are_defined_and_with_the_models_types(table: str) -> None:
    modelled: dict[str, str] = {}
    for model in MODELS[table]:
        modelled |= types_of(model._get_schema()["attribute_definitions"])

    assert types_of(DEPLOYED[table]["AttributeDefinitions"]) == modelled


def test_only_what_is_finished_or_removed_expires_and_by_an_attribute_that_it_has() -> None:
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in DEPLOYED.items()
        if "TimeToLiveSpecification" in table
    }

    by_it = {"AttributeName": "expires_at", "Enabled": "true"}
    tables = ("Notifications", "Jobs", "Templates", "Sessions", "Audit", "Counters")
    assert expiring == {f"{table}Table": by_it for table in tables}
    items = (models.NotificationItem, models.JobItem, models.TemplateVersionItem, *OPTIONAL)
    for model in items:
        assert model.get_attributes()["expires_at"].attr_type == "N"


def test_every_table_but_modules_jobs_sessions_and_counters_outlives_the_stack() -> None:
    found = read("template.yaml")["Resources"]
    kept = {name for name in DEPLOYED if found[name].get("UpdateReplacePolicy") == "Retain"}

    temporary = {"ModulesTable", "JobsTable", "SessionsTable", "CountersTable"}
    assert kept == set(DEPLOYED) - temporary
    assert all(found[name]["DeletionPolicy"].startswith("Retain") for name in kept)
