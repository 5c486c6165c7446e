"""docs/openapi.json is what the API serves, and says what the contract says."""

import json

from infra.openapi import DOCUMENT, text

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
