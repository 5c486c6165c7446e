"""What the deployed stack has stored, so that a test can tell whether anything was changed."""

from typing import Any

from tests.system.conftest import System

#: The tables that change by themselves: the dispatcher's, the counters, and the sessions.
RESTLESS = frozenset({"MODULES_TABLE", "COUNTERS_TABLE", "SESSIONS_TABLE"})


def table_names(system: System) -> dict[str, str]:
    """Return the names of the tables by the variables of the console's function."""
    configuration = system.client("lambda").get_function_configuration(
        FunctionName=system.access["functions"]["ConsolePages"]
    )
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if name.endswith("_TABLE")}


def rows_of(system: System, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table."""
    pages = system.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted((item for page in pages for item in page["Items"]), key=str)


def state_of(system: System) -> dict[str, Any]:
    """Return all that the console could change: rows, and which targets are paused."""
    state: dict[str, Any] = {
        name: rows_of(system, table)
        for name, table in table_names(system).items()
        if name not in RESTLESS
    }
    state["pauses"] = {target["name"]: target["pause"] for target in system.api.listed("/targets")}
    return state


def audit_log(system: System) -> list[dict[str, str]]:
    """Return the entries of the audit log, oldest first."""
    rows = rows_of(system, table_names(system)["AUDIT_TABLE"])
    entries = [
        {name: str(next(iter(value.values()))) for name, value in row.items()} for row in rows
    ]
    return sorted(entries, key=lambda entry: (entry["month"], entry["position"]))
