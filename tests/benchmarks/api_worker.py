"""Answers requests in this process as the API function does, and counts what that took.

A part of `worker`: its tasks begin where the process does, so the import of the function counts.
"""

import importlib
import json
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from tests.benchmarks.api_event import api_event
from tests.benchmarks.figures import BenchError
from tests.benchmarks.processes import Stub
from tests.benchmarks.stub.names import record_id

#: Requests that are not measured: code and connections are warm after them.
UNMEASURED = 5

Answer = dict[str, Any]


class Lambda:
    """What Lambda hands to the function beside the event."""

    aws_request_id = "bench"


def begin() -> dict[str, Any]:
    """Import the function and answer two requests of a new process.

    Returns:
        The CPU milliseconds of each, and by how many the first request took `more`.
    """
    initialisation = _milliseconds(_api)
    post = _api()
    first, second = (_milliseconds(lambda: post("/notifications", _for_user(0))) for _ in range(2))
    more = first - second
    return {"initialisation": initialisation, "first": first, "second": second, "more": more}


def create(requests: int, batches: int, size: int) -> dict[str, Any]:
    """Answer single requests and batches of `size` items, for users and for records.

    Returns:
        The CPU milliseconds of one request, or of one item of a batch, by what was asked for.
    """
    post = _api()

    def batch(item: Callable[[int], Any]) -> float:
        body = {"items": [item(number) for number in range(size)]}
        return _each(lambda: post("/notifications/batch", body), batches) / size

    return {
        "single": _each(lambda: post("/notifications", _for_user(0)), requests),
        "users": batch(_for_user),
        "records": batch(_for_record),
    }


def count(sizes: list[int]) -> dict[str, Any]:
    """Return the AWS requests, by operation, of a batch for so many users, by their number.

    Targets and modules were read moments ago.
    """
    stub, post = Stub(os.environ["AWS_ENDPOINT_URL"]), _api()
    post("/notifications", _for_user(0))
    counts = {}
    for size in sizes:
        before = stub.report()["requests"]
        post("/notifications/batch", {"items": [_for_user(number) for number in range(size)]})
        after = stub.report()["requests"]
        counts[size] = {name: count - before.get(name, 0) for name, count in after.items()}
    return {"requests": counts}


def _api() -> Callable[[str, Any], Answer]:
    handle = importlib.import_module("handler").lambda_handler

    def post(path: str, body: Any) -> Answer:
        answer: Answer = handle(api_event(path, body), Lambda())
        items = json.loads(answer["body"])["items"]
        refused = [item for item in items if item.get("status") not in {201, "SCHEDULED"}]
        if answer["statusCode"] not in {HTTPStatus.OK, HTTPStatus.CREATED} or refused:
            raise BenchError(f"{path} was refused: {answer}")
        return answer

    return post


def _for_user(number: int) -> dict[str, Any]:
    return {"user": f"user-{number}", "title": "Your table", "body": "It is ready."}


def _for_record(number: int) -> dict[str, Any]:
    return {"target_user_record": record_id(number), "title": "Your table", "body": "It is ready."}


def _each(request: Callable[[], Answer], times: int) -> float:
    """Return the CPU milliseconds of one request, of so many."""
    for _ in range(UNMEASURED):
        request()
    return _milliseconds(lambda: [request() for _ in range(times)]) / times


def _milliseconds(work: Callable[[], object]) -> float:
    """Return how long this process, with all its threads, computed (the system's accounting)."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)
