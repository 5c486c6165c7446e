"""The rows of a CSV file as requests, checked before anything is sent."""

import csv
import hashlib
import html
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notification_system.cli.errors import CliError
from notification_system.cli.row_data import data_of

#: The columns that are fields of a request; other columns are for placeholders.
FIELDS = ("user", "address", "target", "title", "body", "category", "reference")

#: The columns that are fields of a request with a template; other columns are for its data.
TEMPLATE_FIELDS = ("user", "address", "target", "category", "reference", "locale")

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
BRACES = {"{{": "{", "}}": "}"}

HTML_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")

TITLE_CHARACTERS = 256


@dataclass(frozen=True)
class Row:
    """One row of the file.

    Args:
        number: its number in a spreadsheet, in which the header is row 1.
        request: the notification to create; empty if the row is not valid.
        error: what is wrong with the row; empty if it is valid.
    """

    number: int
    request: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Template:
    """What all rows share.

    Args:
        title: the title, with `{column}` for a row's value; None for the column `title`.
        body: the body, as the title. Values in a body with HTML tags are escaped.
        targets: names of targets for rows without one.
        fields: further fields of each request, which a column of the same name replaces.
        name: a template of the deployment, instead of title and body.
        data: data of the template for all rows, which columns replace.
        schema: the schema of the template's data.
        times: fields of each request that do not belong to its idempotency key.
        key_prefix: the beginning of each idempotency key.
    """

    title: str | None = None
    body: str | None = None
    targets: Sequence[str] = ()
    name: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    times: Mapping[str, Any] = field(default_factory=dict)
    key_prefix: str = "csv"


def read_file(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the columns of a CSV file and its numbered rows. Raises CliError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CliError(f"{path} is not UTF-8.", "Save it as CSV UTF-8.") from error
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    columns = [name.strip() for name in rows[0]] if rows else []
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        raise CliError(f"{path} has the column {repeated[0]!r} twice.", "Rename one of them.")
    numbered = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
    if not numbered:
        raise CliError(f"{path} has no rows below the header.", "Its first row names the columns.")
    return columns, numbered


def to_rows(path: Path, template: Template, target_name: Callable[[str], str]) -> list[Row]:
    """Return the rows of a file, each as a request or with its error.

    `target_name` returns the name of a target as the API writes it, or raises CliError.

    Raises:
        CliError: the file cannot be read, or its columns do not go with the template.
    """
    columns, numbered = read_file(path)
    _check_columns(path, columns, template)
    seen: Counter[str] = Counter()
    rows = []
    for number, cells in numbered:
        try:
            request = _request(_values(columns, cells), template, target_name)
        except (RowError, CliError) as error:
            rows.append(Row(number, error=str(error)))
            continue
        digest = _digest(request)
        seen[digest] += 1
        key = f"{template.key_prefix}:{digest}:{seen[digest]}"
        rows.append(Row(number, {**request, **template.times, "idempotency_key": key}))
    return rows


class RowError(ValueError):
    """A row is not valid; the message says why."""


def _check_columns(path: Path, columns: Sequence[str], template: Template) -> None:
    known = f"Its columns are: {', '.join(columns)}"
    if not {"user", "address"} & set(columns):
        raise CliError(f"{path} has neither a column user nor a column address.", known)
    if "address" in columns and "target" not in columns and len(template.targets) != 1:
        raise CliError(
            f"{path} has a column address, but no column target.",
            "Add the column, or pass one --target for all rows.",
        )
    if template.name is not None:
        return
    for name, text in (("title", template.title), ("body", template.body)):
        if text is None and name not in columns:
            raise CliError(f"{path} has no column {name}.", f"Add it, or pass --{name}.\n{known}")
        for placeholder in PLACEHOLDER.finditer(text or ""):
            column = placeholder[1]
            if column is not None and column not in columns:
                raise CliError(
                    f"--{name} contains {{{column}}}, but {path} has no such column.",
                    f"{known}\nFor a brace, write it twice: {{{{ or }}}}",
                )


def _values(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise RowError(f"it has {len(cells)} cells instead of {len(columns)}")
    return dict(zip(columns, cells, strict=True))


def _request(
    values: Mapping[str, str], template: Template, target_name: Callable[[str], str]
) -> dict[str, Any]:
    fields = FIELDS if template.name is None else TEMPLATE_FIELDS
    given = {name: values.get(name, "").strip() for name in fields}
    targets = [target_name(given["target"])] if given["target"] else list(template.targets)
    request = {
        **template.fields,
        **_recipient(given["user"], given["address"], targets),
        **(_texts(values, template) if template.name is None else _data(values, template)),
    }
    optional = ("category", "reference", "locale")
    return request | {name: given[name] for name in optional if given.get(name)}


def _texts(values: Mapping[str, str], template: Template) -> dict[str, Any]:
    title = _text(template.title, values, "title").strip()
    body = _text(template.body, values, "body")
    if not title:
        raise RowError("title: it is empty")
    if "\n" in title or len(title) > TITLE_CHARACTERS:
        raise RowError(f"title: it must be one line of up to {TITLE_CHARACTERS} characters")
    if not body.strip():
        raise RowError("body: it is empty")
    return {"title": title, "body": body}


def _data(values: Mapping[str, str], template: Template) -> dict[str, Any]:
    columns = {name: value for name, value in values.items() if name not in TEMPLATE_FIELDS}
    try:
        data = data_of(columns, template.data, template.schema)
    except ValueError as error:
        raise RowError(f"data.{error}") from error
    return {"template": template.name, "data": data}


def _recipient(user: str, address: str, targets: list[str]) -> dict[str, Any]:
    if not address:
        if not user:
            raise RowError("user: it is empty, and there is no address")
        return {"user": user, "targets": targets} if targets else {"user": user}
    if len(targets) != 1:
        raise RowError("target: it is empty, and an address needs one")
    recipient = {"target": targets[0], "address": address}
    return {"to": [recipient | {"user": user} if user else recipient]}


def _text(template: str | None, values: Mapping[str, str], column: str) -> str:
    if template is None:
        return values[column]
    escape = html.escape if column == "body" and HTML_TAG.search(template) else str

    def value_of(match: re.Match[str]) -> str:
        return BRACES.get(match[0]) or escape(values[match[1]])

    return PLACEHOLDER.sub(value_of, template)


def _digest(request: Mapping[str, Any]) -> str:
    text = json.dumps(request, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
