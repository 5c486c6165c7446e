"""`notify send --template` sends data, of one message or of each row of a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notification_system.cli.csv_rows import Template, to_rows
from notification_system.cli.row_data import data_of
from tests.cli.conftest import Gateway, Ran
from tests.cli.test_output import TARGETS

SCHEMA = {
    "type": "object",
    "properties": {
        "order": {"type": "string"},
        "total": {"type": "number"},
        "lines": {"type": ["array", "null"]},
        "shop": {"type": "object", "properties": {"open": {"type": "boolean"}}},
    },
}
ORDERS = "user,order,total,shop.open,locale\nann,017,12.5,true,de\nbob,018,7,false,\n"
TEMPLATE = Template(name="order-shipped", data={"shop": {"name": "Roma"}}, schema=SCHEMA)


def requests(folder: Path, text: str, template: Template = TEMPLATE) -> list[dict[str, Any]]:
    """Return the requests of a file's rows, without their keys."""
    path = folder / "orders.csv"
    path.write_text(text)
    rows = to_rows(path, template, str.title)
    return [
        {name: value for name, value in row.request.items() if name != "idempotency_key"}
        if not row.error
        else {"error": row.error}
        for row in rows
    ]


def test_the_columns_of_a_row_are_the_data_of_its_template(tmp_path: Path) -> None:
    ann, bob = requests(tmp_path, ORDERS)

    assert ann == {
        "user": "ann",
        "template": "order-shipped",
        "data": {"order": "017", "total": 12.5, "shop": {"name": "Roma", "open": True}},
        "locale": "de",
    }
    assert bob["data"] == {"order": "018", "total": 7, "shop": {"name": "Roma", "open": False}}
    assert "locale" not in bob
    assert TEMPLATE.data == {"shop": {"name": "Roma"}}


def test_title_and_body_are_ordinary_columns_of_a_template(tmp_path: Path) -> None:
    [request] = requests(tmp_path, "user,title\nann,Dr.\n", Template(name="greeting"))

    assert request["data"] == {"title": "Dr."}


def test_a_cell_of_another_type_than_the_schemas_is_an_error_of_its_row(tmp_path: Path) -> None:
    [row] = requests(tmp_path, "user,total\nann,twelve\n")

    assert row == {"error": "data.total: 'twelve' is not of the type number"}


def test_empty_cells_and_unknown_columns_are_left_to_the_api() -> None:
    assert data_of({"order": " ", "other": "x"}, {}, SCHEMA) == {"other": "x"}
    assert data_of({"lines": "[1]", "total": "1e3"}, {}, SCHEMA) == {"lines": [1], "total": 1000.0}
    with pytest.raises(ValueError, match="order is not an object"):
        data_of({"order": "x", "order.id": "y"}, {}, {})


def posted(gateway: Gateway) -> list[Any]:
    """Return the bodies of the requests that create notifications."""
    requests = [seen for seen in gateway.seen if seen["method"] == "POST"]
    return [json.loads(request["body"]) for request in requests]


def test_one_message_names_the_template_with_its_data_and_locale(
    on_aws: Callable[..., Ran], gateway: Gateway, tmp_path: Path
) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"order": "A-17"}')
    gateway.respond = lambda path, _: (
        (201, {"items": [], "next": None}) if path == "/notifications" else (200, TARGETS)
    )

    for value in ('{"order": "A-17"}', f"@{data}"):
        words = ["send", "ann", "--template", "order-shipped@7", "--data", value]
        assert on_aws(*words, "--locale", "de").code == 0

    expected = {
        "user": "ann",
        "template": "order-shipped@7",
        "data": {"order": "A-17"},
        "locale": "de",
    }
    assert posted(gateway) == [expected, expected]


def test_the_rows_of_a_file_get_the_types_of_the_published_versions_schema(
    on_aws: Callable[..., Ran], gateway: Gateway, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    answers: dict[str, tuple[int, Any]] = {
        "/templates/order-shipped": (200, {"published": 7, "latest": 8}),
        "/templates/order-shipped/versions/7": (200, {"schema": SCHEMA}),
    }
    result = {"status": 201, "notifications": [], "problem": None}
    gateway.respond = lambda path, _: answers.get(path, (200, {"items": [result, result]}))

    ran = on_aws("send", "--csv", str(tmp_path / "orders.csv"), "--template", "order-shipped")

    assert (ran.code, ran.err) == (0, "")
    [batch] = posted(gateway)
    assert [item["data"]["total"] for item in batch["items"]] == [12.5, 7]


@pytest.mark.parametrize(
    "words",
    [
        ("ann", "t", "b", "--template", "x"),
        ("ann", "t", "b", "--data", "{}"),
        ("ann", "t", "b", "--locale", "de"),
        ("ann", "--template", "x", "--data", "[]"),
        ("ann", "--template", "x", "--data", "@no-such-file.json"),
        ("ann", "--template", "x", "--content", __file__),
    ],
)
def test_options_that_do_not_go_together_are_an_error_of_usage(
    on_aws: Callable[..., Ran], words: tuple[str, ...]
) -> None:
    assert on_aws("send", *words).code == 2
