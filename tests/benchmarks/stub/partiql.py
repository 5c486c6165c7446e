"""The PartiQL that the project writes: INSERT, and UPDATE and DELETE on conditions.

Source: Amazon DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.benchmarks.stub.errors import RefusedError, expect
from tests.benchmarks.stub.sizes import Item, Value
from tests.benchmarks.stub.tables import Table

_INSERT = re.compile(r"INSERT INTO \"(?P<table>[^\"]+)\" VALUE \{(?P<fields>.*)\}")
_UPDATE = re.compile(
    r"UPDATE \"(?P<table>[^\"]+)\" (?P<actions>.*?) WHERE (?P<conditions>.*?)"
    r"(?P<returning> RETURNING ALL NEW \*)?"
)
_DELETE = re.compile(r"DELETE FROM \"(?P<table>[^\"]+)\" WHERE (?P<conditions>.*)")
_FIELD = re.compile(r"'([^']+)': \?")
_ACTION = re.compile(r"SET \"(?P<set>[^\"]+)\"=\?|REMOVE \"(?P<remove>[^\"]+)\"")
_CONDITION = re.compile(r"\"(?P<name>[^\"]+)\"(?:=\?| IN \[(?P<marks>\?(?:, \?)*)\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A parsed statement without its parameters."""

    table: str
    inserted: tuple[str, ...] = ()  #: attributes; empty for an update
    actions: tuple[tuple[str, bool], ...] = ()  #: attribute, whether it is set or removed
    conditions: tuple[tuple[str, int], ...] = ()  #: attribute, number of allowed values
    returning: bool = False
    deletes: bool = False


@lru_cache(4096)
def parse(text: str) -> Parsed:
    """Parse a statement. Raises RefusedError if it is not supported."""
    if insert := _INSERT.fullmatch(text):
        names = _all(_FIELD, insert["fields"], ", ")
        return Parsed(table=insert["table"], inserted=tuple(match[1] for match in names))
    if delete := _DELETE.fullmatch(text):
        return Parsed(table=delete["table"], conditions=_conditions(delete), deletes=True)
    update = _UPDATE.fullmatch(text)
    expect(update, f"not a statement that the stub knows: {text}")
    assert update is not None
    actions = _all(_ACTION, update["actions"], " ")
    return Parsed(
        table=update["table"],
        actions=tuple((match["set"] or match["remove"], bool(match["set"])) for match in actions),
        conditions=_conditions(update),
        returning=bool(update["returning"]),
    )


def _conditions(statement: re.Match[str]) -> tuple[tuple[str, int], ...]:
    matches = _all(_CONDITION, statement["conditions"], " AND ")
    return tuple((match["name"], (match["marks"] or "?").count("?")) for match in matches)


def _all(pattern: re.Pattern[str], text: str, separator: str) -> list[re.Match[str]]:
    """Match a whole text part by part."""
    matches = list(pattern.finditer(text))
    expect(separator.join(match[0] for match in matches) == text, f"not known to the stub: {text}")
    return matches


def run(tables: Mapping[str, Table], statement: Mapping[str, Any]) -> dict[str, Any]:
    """Execute one statement of a batch; return its response."""
    parsed = parse(statement["Statement"])
    table = tables[parsed.table]
    try:
        if parsed.inserted:
            _insert(table, parsed, statement["Parameters"])
            return {"TableName": parsed.table}
        item = _update(table, parsed, statement["Parameters"])
    except RefusedError as refused:
        error: dict[str, Any] = {"Code": refused.code, "Message": refused.message}
        if refused.item and statement.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            error["Item"] = refused.item
        return {"Error": error}
    return {"TableName": parsed.table} | ({"Item": item} if parsed.returning else {})


def _insert(table: Table, parsed: Parsed, parameters: Sequence[Value]) -> None:
    item = dict(zip(parsed.inserted, parameters, strict=True))
    standing = table.items.get(item[table.key]["S"])
    if standing is not None:
        table.charge(standing)
        raise RefusedError("DuplicateItem", "Duplicate primary key exists in table")
    table.write(item)


def _update(table: Table, parsed: Parsed, parameters: Sequence[Value]) -> Item:
    values = iter(parameters)
    assigned = {name: next(values) if is_set else None for name, is_set in parsed.actions}
    allowed = {name: [next(values) for _ in range(many)] for name, many in parsed.conditions}
    expect(next(values, None) is None, "more parameters than the statement has places for")
    expect(len(allowed.get(table.key, ())) == 1, "an update names one key")
    standing = table.items.get(allowed[table.key][0]["S"])
    if parsed.deletes and standing is None:
        return {}  # a missing item counts as deleted, regardless of the other conditions
    if standing is None or any(standing.get(name) not in allowed[name] for name in allowed):
        table.charge(standing)
        raise RefusedError("ConditionalCheckFailed", "The conditional request failed", standing)
    if parsed.deletes:
        table.delete(standing)
        return standing
    item = {name: value for name, value in standing.items() if name not in assigned}
    item |= {name: value for name, value in assigned.items() if value is not None}
    table.write(item)
    return item
