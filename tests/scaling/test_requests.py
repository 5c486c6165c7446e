"""No operation makes more requests than docs/scaling.md says, however much there is.

`SCALING=write` has the page's numbers written anew; how each grows is written by hand.
"""

import json
import os
from dataclasses import replace

import pytest

from notification_core.ports import Ports
from tests.architecture.templates import ROOT
from tests.scaling import page
from tests.scaling.cloud import Cloud
from tests.scaling.import_operations import OPERATIONS
from tests.scaling.page import Row, allows
from tests.scaling.scenes import scene, warm

SIZES = (1, 100, 10_000)


def measured(ports: Ports, cloud: Cloud, name: str) -> tuple[list[int], list[float], list[int]]:
    """Do an operation at each size; returns requests, read units and write units."""
    found: list[tuple[int, float, int]] = []
    for count in SIZES:
        made = scene(ports, cloud, OPERATIONS[name].kind, count)
        OPERATIONS[name].ready(made)
        warm(ports)
        with cloud.counted():
            OPERATIONS[name].do(made)
        found.append((cloud.requests, cloud.reads, cloud.writes))
    requests, reads, writes = zip(*found, strict=True)
    return [*requests], [*reads], [*writes]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_takes_as_many_requests_as_the_page_says(
    registered: Ports, cloud: Cloud, name: str
) -> None:
    requests, reads, writes = measured(registered, cloud, name)
    shown = Row([*map(str, requests)], [f"{n:g}" for n in reads], [*map(str, writes)], "?")
    rows = page.rows()
    if os.environ.get("SCALING") == "write":
        known = {key: rows[key] for key in OPERATIONS if key in rows}
        before = known.get(name, shown)
        known[name] = replace(shown, grows=before.grows)
        page.write({key: known[key] for key in OPERATIONS if key in known})
        rows = page.rows()

    assert rows[name] == replace(shown, grows=rows[name].grows), "SCALING=write writes it anew"
    assert allows(rows[name].grows, requests), (rows[name].grows, requests)


def test_every_route_is_an_operation() -> None:
    document = json.loads((ROOT / "docs/openapi.json").read_text())
    routes = {f"{m.upper()} {path}" for path, methods in document["paths"].items() for m in methods}

    assert routes == {
        name.split("?")[0].split(" of ")[0].split(" (")[0]
        for name in OPERATIONS
        if name.split(" ")[0].isupper()
    }


def test_the_page_has_no_other_operations() -> None:
    assert page.rows().keys() == OPERATIONS.keys()


@pytest.mark.parametrize(
    ("grows", "requests", "is_allowed"),
    [
        ("no", [3, 3, 3], True),
        ("no", [3, 3, 4], False),
        ("up to 10", [1, 4, 10], True),
        ("up to 10", [1, 4, 11], False),
        ("2 per 1,000", [5, 15, 35], True),
        ("2 per 1,000", [5, 16, 35], False),
        ("2 per 1,000", [5, 15, 37], False),
        ("a little", [3, 3, 3], False),
    ],
)
def test_a_cost_that_grows_faster_than_the_page_says_is_refused(
    grows: str, requests: list[int], is_allowed: bool
) -> None:
    assert allows(grows, requests) is is_allowed
