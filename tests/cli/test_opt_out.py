"""`notify opt-out` of a user with many notifications waits for the job."""

import json
from collections.abc import Callable
from typing import Any

from tests.cli.conftest import Gateway, Ran

OPT_OUT = {"user": "ann", "everything": True, "targets": [], "categories": [], "entries": []}


def a_job(state: str, count: int, error: str | None = None) -> dict[str, Any]:
    """Return a job as the API returns it."""
    counts = {"opted_out": count}
    return {"id": "j", "kind": "opt-out", "state": state, "counts": counts, "error": error}


def test_it_waits_for_the_job(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    gateway.answers = [
        (202, a_job("running", 1000)),
        (200, a_job("running", 1100)),
        (200, a_job("done", 1234)),
        (200, OPT_OUT),
    ]

    ran = on_aws("opt-out", "ann", "--json")

    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == OPT_OUT | {"opted_out": 1234}
    seen = [(request["method"], request["path"]) for request in gateway.seen]
    assert seen == [
        ("PUT", "/v1/opt-outs/ann"),
        ("GET", "/v1/jobs/j"),
        ("GET", "/v1/jobs/j"),
        ("GET", "/v1/opt-outs/ann"),
    ]


def test_a_failed_job_is_an_error(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    gateway.answers = [(202, a_job("failed", 1000, "it was cut off again and again"))]

    ran = on_aws("opt-out", "ann")

    assert ran.code != 0
    assert "cut off" in ran.err
