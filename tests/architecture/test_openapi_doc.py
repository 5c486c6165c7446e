"""docs/openapi.json is what the API serves, and says what the contract says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from functions.api.handler import app
from infra.local.layout import PROJECT
from infra.openapi import DOCUMENT, text
from notification_core.domain.errors import NotificationError
from notification_core.entrypoints.http_api.error_responses import ALWAYS
from notification_core.entrypoints.http_api.new_notification import NewBatch, NewBatchItem
from notification_core.entrypoints.http_api.openapi import request_models
from notification_core.entrypoints.http_api.problems import MethodNotAllowed

#: A row of a table about a route: its method, and its path up to the query.
ROW = re.compile(r"^\| `([A-Z]+) (/[^`? ]+)", re.MULTILINE)
#: Paths that other functions serve.
ELSEWHERE = ("/callbacks/", "/unsubscribe/")


def test_the_written_document_is_the_served_one() -> None:
    assert DOCUMENT.read_text() == text(), "run: make openapi"


def test_both_documents_describe_the_same_routes() -> None:
    document = json.loads(DOCUMENT.read_text())
    described = {
        (method.upper(), re.sub(r"\{\w+_id\}", "{id}", path))
        for path, item in document["paths"].items()
        for method in item
    }
    rows = set(ROW.findall((PROJECT / "docs" / "api.md").read_text()))

    assert document["openapi"].startswith("3.1")
    assert described == {row for row in rows if not row[1].startswith(ELSEWHERE)}


def test_every_reference_leads_somewhere() -> None:
    said = DOCUMENT.read_text()
    schemas = json.loads(said)["components"]["schemas"]
    wanted = {part.partition('"')[0] for part in said.split("#/components/schemas/")[1:]}

    assert wanted <= schemas.keys()
    assert schemas.keys() <= wanted


def test_every_operation_is_described_and_has_an_id_of_its_own() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    ids = [operation["operationId"] for item in paths.values() for operation in item.values()]

    assert sorted(ids) == sorted(operation.function.__name__ for operation in app.operations)
    assert len(ids) == len(set(ids))


def test_both_documents_name_every_code_of_a_problem() -> None:
    problems: set[type[NotificationError]] = {MethodNotAllowed, *ALWAYS}
    for operation in app.operations:
        problems |= {*operation.problems}
    codes = sorted(problem.code for problem in problems)
    machines, people = DOCUMENT.read_text(), (PROJECT / "docs" / "api.md").read_text()

    assert [code for code in codes if f"`{code}`" not in people] == []
    # It is the answer where there is no operation.
    unnamed = [code for code in codes if f"`{code}`" not in machines]
    assert unnamed == ["method-not-allowed"]


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """The body of each request and of each success, with the operation and the status."""
    for item in json.loads(DOCUMENT.read_text())["paths"].values():
        for operation in item.values():
            name = operation["operationId"]
            if "requestBody" in operation:
                yield f"{name} request", operation["requestBody"]["content"]["application/json"]
            for status, response in operation["responses"].items():
                if status.startswith("2") and status != "204":
                    yield f"{name} {status}", response["content"]["application/json"]


@pytest.mark.parametrize("media", [pytest.param(media, id=name) for name, media in bodies()])
def test_the_example_of_every_body_fits_its_schema(media: dict[str, Any]) -> None:
    schemas = json.loads(DOCUMENT.read_text())["components"]

    jsonschema.Draft202012Validator(
        media["schema"] | {"components": schemas},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    ).validate(media["example"])


def test_the_example_of_every_request_is_accepted() -> None:
    models = {model.__name__: model for model in request_models(app.operations)}

    for name, model in models.items():
        assert model.model_validate(model.EXAMPLE), name
    assert [NewBatchItem.model_validate(item) for item in NewBatch.EXAMPLE["items"]]


def test_generators_find_one_class_for_each_request_and_for_all_problems() -> None:
    document = json.loads(DOCUMENT.read_text())
    components = document["components"]
    mixed = [
        name
        for name, schema in components["schemas"].items()
        if schema.keys() & {"anyOf", "allOf", "oneOf"}
    ]
    problems = [
        response["content"]["application/problem+json"]["schema"]
        for response in components["responses"].values()
        if "application/problem+json" in response["content"]
    ]

    assert mixed == []
    assert {json.dumps(problem) for problem in problems} == {
        '{"$ref": "#/components/schemas/Problem"}'
    }
    assert components["schemas"]["NewBatch"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/NewBatchItem"
    }


def test_the_document_names_a_license_and_an_absolute_server() -> None:
    document = json.loads(DOCUMENT.read_text())
    server = document["servers"][0]
    values = {name: variable["default"] for name, variable in server["variables"].items()}

    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert re.fullmatch(
        r"https://\w+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/v1", server["url"].format(**values)
    )
