"""docs/openapi.json is what the API serves, and says what the contract says."""

import json
import re

from functions.api.handler import app
from infra.local.layout import PROJECT
from infra.openapi import DOCUMENT, text
from notification_core.domain.errors import NotificationError
from notification_core.entrypoints.http_api.error_responses import ALWAYS
from notification_core.entrypoints.http_api.problems import TYPE, MethodNotAllowed

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
    unnamed = [code for code in codes if f'"{TYPE}{code}"' not in machines]
    assert unnamed == ["method-not-allowed"]
