"""The data of a template from the cells of a row: text, or the type that the schema asks for."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def data_of(
    values: Mapping[str, str], shared: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the data of one row: `shared`, and each column's value under the column's name.

    A column `order.id` is the field `id` of the object `order`. An empty cell is left out. A cell
    is parsed as JSON if the schema accepts no text at its place, such as a number or a list.

    Raises:
        ValueError: a cell is not of the type that the schema asks for; the message names it.
    """
    data: dict[str, Any] = json.loads(json.dumps(dict(shared)))
    for column, cell in values.items():
        if cell.strip():
            path = column.split(".")
            _put(data, path, _value(cell, column, _schema_at(schema, path)))
    return data


def _put(data: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, name = path
    for parent in parents:
        child = data.setdefault(parent, {})
        if not isinstance(child, dict):
            raise ValueError(f"{'.'.join(path)}: {parent} is not an object")  # noqa: TRY004
        data = child
    data[name] = value


def _schema_at(schema: Mapping[str, Any], path: Iterable[str]) -> Mapping[str, Any]:
    for name in path:
        schema = (schema.get("properties") or {}).get(name) or {}
    return schema


def _value(cell: str, column: str, schema: Mapping[str, Any]) -> Any:
    types = schema.get("type", "string")
    if "string" in ([types] if isinstance(types, str) else types):
        return cell
    try:
        return json.loads(cell)
    except ValueError as error:
        raise ValueError(f"{column}: {cell!r} is not of the type {types}") from error
