"""Runs the API function in this process and measures its CPU time.

It is a part of `worker`. Its tasks start with the process, so the import of the function counts.
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

#: Unmeasured requests, which warm up code and connections.
UNMEASURED = 5

Answer = dict[str, Any]


class Lambda:
    """Lambda's context."""

    aws_request_id = "bench"


def begin() -> dict[str, Any]:
    """Import the function and answer two requests in a new process.

    Returns:
        The CPU milliseconds of each, and in `more` the difference of the two requests.
    """
    initialisation = _milliseconds(_api)
    post = _api()
    first, second = (_milliseconds(lambda: post("/notifications", _for_user(0))) for _ in range(2))
    more = first - second
    return {"initialisation": initialisation, "first": first, "second": second, "more": more}


def create(requests: int, batches: int, size: int) -> dict[str, Any]:
    """Answer single requests and batches of `size` items, for users and for records.

    Returns:
        The CPU milliseconds of one request, or of one item of a batch, by the kind of request.
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
    """Return the AWS requests of a batch by operation, for each number of users.

    Targets and modules are cached, because they were read before.
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
    """Return the average CPU milliseconds of one request."""
    for _ in range(UNMEASURED):
        request()
    return _milliseconds(lambda: [request() for _ in range(times)]) / times


def _milliseconds(work: Callable[[], object]) -> float:
    """Return the CPU time of this process with all its threads (the system's accounting)."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)
