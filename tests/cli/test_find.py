"""`notify find` searches notifications by what a recipient or a provider knows."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.cli.conftest import Gateway, Ran
from tests.cli.test_output import RECORD, TARGETS, a_notification

NUMBER = "+15913000503"
EMPTY: dict[str, Any] = {"items": [], "next": None}
NOT_FOUND = (404, {"type": "urn:notifications:problem:not-found", "detail": "there is none"})
REFUSED = (
    422,
    {"type": "urn:notifications:problem:invalid-input", "detail": "no index for references"},
)


def sent(number: int, **changes: Any) -> dict[str, Any]:
    """Return a notification that was due at this hour of the day."""
    defaults = {
        "id": f"0b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a{number:02}",
        "user": "eggs",
        "title": f"Table {number}",
        "last_error": None,
        "status": "DELIVERED",
        "scheduled_delivery": f"2026-11-24T{number:02}:00:00.000Z",
        "created_at": f"2026-11-24T{number:02}:00:00.000Z",
    }
    return a_notification(**defaults | changes)


def answer_by(
    gateway: Gateway, listings: Mapping[tuple[str, str], Any], **others: tuple[int, Any]
) -> None:
    """Answer searches by their kind and text, and other requests by the start of their path."""

    def respond(path: str, _: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        for kind, text in parse_qsl(parts.query):
            if isinstance(found := listings.get((kind, text)), tuple):
                return found
            if found is not None:
                return 200, {"items": found, "next": None}
        name = parts.path.strip("/").replace("-", "_").partition("/")[0]
        defaults = {
            "targets": (200, TARGETS),
            "search": (200, EMPTY),
            "target_user_records": (200, RECORD | {"target_user_id": NUMBER}),
        }
        listing = parts.path == "/notifications"
        return (200, EMPTY) if listing else (defaults | others).get(name, NOT_FOUND)

    gateway.respond = respond


def searches(gateway: Gateway) -> set[tuple[str, str]]:
    """Return the kind and the text of each search that was made."""
    queries = [dict(parse_qsl(urlsplit(seen["path"]).query)) for seen in gateway.seen]
    kinds = ("address", "reference", "provider_id", "user")
    return {(kind, query[kind]) for query in queries for kind in kinds if kind in query}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NUMBER, {("address", NUMBER), ("user", NUMBER)}),
        ("+1 (591) 300-0503", {("address", NUMBER), ("user", "+1 (591) 300-0503")}),
        ("a@b.example", {("address", "a@b.example"), ("user", "a@b.example")}),
        ("SM12", {(kind, "SM12") for kind in ("address", "reference", "provider_id", "user")}),
    ],
)
def test_a_text_is_searched_as_whatever_it_can_be(
    gateway: Gateway, on_aws: Callable[..., Ran], text: str, expected: set[tuple[str, str]]
) -> None:
    answer_by(gateway, {})

    ran = on_aws("find", text)

    assert (ran.code, ran.out) == (1, "")
    assert "was found.\nSearched: " in ran.err
    assert searches(gateway) == expected


@pytest.mark.parametrize("kind", ["address", "provider_id", "reference", "user"])
def test_an_option_searches_one_kind(
    gateway: Gateway, on_aws: Callable[..., Ran], kind: str
) -> None:
    answer_by(gateway, {(kind, "x 1"): [sent(8)]})

    ran = on_aws("find", f"--{kind.replace('_', '-')}", "x 1")

    assert ran.code == 0, ran.err
    assert searches(gateway) == {(kind, "x 1")}


def test_a_message_is_found_by_a_phone_number_and_shown_with_what_support_needs(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    error = {"class": "recipient", "code": "30005", "message": "the number is not in use"}
    failed = sent(20, status="INACTIVE DEVICE", last_error=error)
    answer_by(gateway, {("address", NUMBER): [failed, sent(8)], ("user", NUMBER): [sent(8)]})

    ran = on_aws("find", NUMBER, "--since", "2026-11-24 06:00")

    assert ran.code == 0, ran.err
    assert ran.widest <= 80
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0].split() == ["DUE", "(UTC)", "STATUS", "TARGET", "USER"]
    assert lines[1].split() == ["11-24", "20:00:00", "INACTIVE", "DEVICE", "Email", "eggs"]
    assert lines[2:4] == [f"  {failed['id']}  Table 20", "  30005: the number is not in use"]
    assert lines[6] == f"  {NUMBER}"
    assert ran.out.count("Table 8") == 1
    assert f"notify explain {failed['id']}" in " ".join(ran.out.replace("\\", "").split())


def test_the_filters_apply_to_every_search(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    hits = [sent(9), sent(8, category="other"), sent(7, target="t-2"), sent(6), sent(5)]
    answer_by(gateway, {("address", NUMBER): hits})
    words = ("--since", "2026-11-24T06:00Z", "--until", "2026-11-24T09:00Z", "--target", "EMAIL")

    ran = on_aws("find", NUMBER, *words, "--category", "marketing", "--json")

    titles = [item["title"] for item in json.loads(ran.out)["items"]]
    assert titles == ["Table 9", "Table 6"]
    missing = on_aws("find", NUMBER, "--until", "2026-11-01", "--utc")
    assert "was found until Sun 1 Nov 2026 00:00 UTC" in " ".join(missing.err.split())
    assert "Without the filters" in missing.err


def test_an_id_of_a_notification_is_recognised(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    answer_by(gateway, {}, notifications=(200, sent(8)))

    ran = on_aws("find", sent(8)["id"], "--json")

    assert [item["title"] for item in json.loads(ran.out)["items"]] == ["Table 8"]


def test_a_search_without_an_index_does_not_hide_the_others(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    answer_by(gateway, {("reference", "SM12"): REFUSED, ("provider_id", "SM12"): [sent(8)]})
    found = on_aws("find", "SM12")
    answer_by(gateway, {("reference", "SM12"): REFUSED})
    nothing = on_aws("find", "SM12")
    alone = on_aws("find", "--reference", "SM12")

    assert "Table 8" in found.out
    assert "1 search refused: No index for references." in nothing.err
    assert alone.err == "Error: No index for references.\n"


def test_a_deleted_record_leaves_the_row_without_an_address(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    answer_by(gateway, {("user", "eggs"): [sent(8)]}, target_user_records=NOT_FOUND)

    ran = on_aws("find", "--user", "eggs")

    assert ran.code == 0, ran.err
    assert "Table 8" in ran.out
    assert NUMBER not in ran.out


def test_more_results_than_the_limit_are_announced(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    answer_by(gateway, {("user", "eggs"): [sent(hour) for hour in (9, 8, 7)]})

    ran = on_aws("find", "--user", "eggs", "--since", "2026-11-24", "--limit", "2")

    assert "There are more; show them with --limit 4." in ran.out
    assert "Table 7" not in ran.out


def test_a_listing_of_failures_stops_at_since(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    hours = [f"2026-11-24T{hour:02}:00:00.000Z" for hour in (9, 8, 3)]
    page = {"items": [sent(1, updated_at=hour) for hour in hours], "next": "two"}
    gateway.answers = [(200, TARGETS), (200, page)]

    words = ("--target", "email", "--since", "2026-11-24T06:00Z")
    ran = on_aws("list", "--failed", *words, "--json")

    assert ran.code == 0, ran.err
    assert [item["updated_at"] for item in json.loads(ran.out)["items"]] == hours[:2]
    assert gateway.answers == []


def test_narrow_terminals_stack_the_rows(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    answer_by(gateway, {("user", "eggs"): [sent(8), sent(7)]})

    ran = on_aws("list", "--user", "eggs", COLUMNS="40")

    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[1:4] == ["STATUS     DELIVERED", "TARGET     Email", "USER       eggs"]
    assert "…" not in "".join(lines[:4])
