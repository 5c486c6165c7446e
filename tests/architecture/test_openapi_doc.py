"""docs/openapi.json is what the API serves, and says what the contract says."""

import json
from http import HTTPStatus

from infra.local.layout import PROJECT
from infra.openapi import DOCUMENT, text
from notification_core.entrypoints.http_api.error_responses import CODES
from notification_core.entrypoints.http_api.problems import STATUS, TYPE

ROUTES = {
    "/targets": {"get", "post"},
    "/targets/{target_id}": {"get", "patch", "delete"},
    "/targets/{target_id}/pause": {"post"},
    "/targets/{target_id}/resume": {"post"},
    "/backlog": {"get"},
    "/target-user-records": {"get", "post"},
    "/target-user-records/{record_id}": {"get", "patch", "delete"},
    "/opt-outs/{user}": {"get", "put"},
    "/users/{user}": {"delete"},
    "/users/{user}/export": {"get"},
    "/notifications": {"get", "post"},
    "/search": {"get"},
    "/notifications/batch": {"post"},
    "/notifications/redrive": {"post"},
    "/notifications/{notification_id}": {"get"},
    "/notifications/{notification_id}/cancel": {"post"},
    "/notifications/{notification_id}/explanation": {"get"},
    "/jobs/{job_id}": {"get"},
}


def test_the_written_document_is_the_served_one() -> None:
    assert DOCUMENT.read_text() == text(), "run: make openapi"


def test_every_route_of_the_contract_is_described_and_no_other() -> None:
    document = json.loads(DOCUMENT.read_text())

    assert document["openapi"].startswith("3.1")
    assert {path: set(item) for path, item in document["paths"].items()} == ROUTES


def test_every_reference_leads_somewhere() -> None:
    said = DOCUMENT.read_text()
    schemas = json.loads(said)["components"]["schemas"]
    wanted = {part.partition('"')[0] for part in said.split("#/components/schemas/")[1:]}

    assert wanted <= schemas.keys()
    assert schemas.keys() <= wanted


def test_every_operation_says_with_which_codes_it_refuses_and_no_other_does() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    operations = {each["operationId"] for item in paths.values() for each in item.values()}

    assert CODES.keys() == operations


def test_both_documents_name_every_code_of_a_refusal() -> None:
    refusals = {each for codes in CODES.values() for each in codes}
    refusals |= {
        code for code, status in STATUS.items() if status < HTTPStatus.INTERNAL_SERVER_ERROR
    }
    machines, people = DOCUMENT.read_text(), (PROJECT / "docs" / "api.md").read_text()

    assert [each for each in sorted(refusals) if f"`{each}`" not in people] == []
    # It is the answer where there is no operation.
    unnamed = [each for each in sorted(refusals) if f'"{TYPE}{each}"' not in machines]
    assert unnamed == ["method-not-allowed"]
