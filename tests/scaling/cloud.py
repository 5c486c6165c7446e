"""Stands between the functions and AWS, and counts: requests, read units, write units.

The table of notifications is the benchmarks' stub, which holds ten thousand items in no time and
charges writes as DynamoDB does; all else is the emulator's.

Sources: Amazon DynamoDB Developer Guide, "Read and write operations": a unit reads 4 KB strongly
consistent, half a unit does so eventually consistent; a key that names no item costs a read too.
A transaction's write costs twice.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from zlib import crc32

import urllib3

from tests.benchmarks.stub.dynamodb import DynamoDb
from tests.benchmarks.stub.sizes import Item, item_size
from tests.benchmarks.stub.tables import Table

READ_UNIT = 4096  #: bytes
WRITES = {"PutItem": 1, "UpdateItem": 1, "DeleteItem": 1}


class Cloud:
    """What the functions take for AWS.

    Args:
        emulator: its URL.
        table: the name of the table of notifications.
    """

    def __init__(self, emulator: str, table: str) -> None:
        self.url = ""
        self.requests = 0
        self.reads = 0.0
        self._writes = 0
        self._emulator, self._table = emulator, table
        self._pool, self._lock = urllib3.PoolManager(maxsize=64), Lock()
        self.hold(Table("id"))

    def hold(self, notifications: Table) -> None:
        """Put another table of notifications in the place of the one that stands."""
        self.notifications = notifications
        self._stub = DynamoDb({self._table: notifications})

    @property
    def writes(self) -> int:
        """Write units, those of the indexes of notifications included."""
        return self._writes + sum(self.notifications.units.values())

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count from zero."""
        self.requests, self.reads, self._writes = 0, 0.0, 0
        self.notifications.units.clear()
        yield

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[Any, ...]:
        """Answer a request; returns status, headers and body."""
        service, _, operation = headers.get("X-Amz-Target", "").partition(".")
        is_table = service.startswith("DynamoDB")
        request = json.loads(body) if is_table else {}
        with self._lock:
            self.requests += 1
            if is_table and _tables(request) == {self._table}:
                status, answer = self._stubbed(operation, request)
                self.reads += _read_units(request, json.loads(answer))
                return status, {"x-amz-crc32": str(crc32(answer))}, answer
        found = self._pool.request(method, self._emulator + path, body=body, headers=headers)
        if is_table:
            with self._lock:
                self.reads += _read_units(request, json.loads(found.data))
                self._writes += WRITES.get(operation, 0) + 2 * len(request.get("TransactItems", ()))
        return found.status, {"x-amz-crc32": str(crc32(found.data))}, found.data

    def _stubbed(self, operation: str, request: Any) -> tuple[int, bytes]:
        operations = {
            "BatchExecuteStatement": self._stub.batch_execute_statement,
            "BatchGetItem": self._stub.batch_get_item,
            "Query": self._stub.query,
        }
        return 200, json.dumps(operations[operation](request)).encode()


def _tables(request: Any) -> set[str]:
    """Return the names of the tables that a request is about."""
    statements = [each["Statement"].split('"')[1] for each in request.get("Statements", ())]
    actions = [action for each in request.get("TransactItems", ()) for action in each.values()]
    named = [each["TableName"] for each in [request, *actions] if "TableName" in each]
    return {*statements, *named, *request.get("RequestItems", ())}


def _read_units(request: Any, answer: Any) -> float:
    if "Responses" in answer and "RequestItems" in request:
        return sum(_of_batch(request["RequestItems"][t], i) for t, i in answer["Responses"].items())
    if "Items" in answer:
        size = sum(item_size(item) for item in answer["Items"])
        return _units(size, is_consistent=request.get("ConsistentRead", False))
    return 0.0


def _of_batch(wanted: Any, found: list[Item]) -> float:
    is_consistent = wanted.get("ConsistentRead", False)
    missing = len(wanted["Keys"]) - len(found)
    sizes = [item_size(each) for each in found] + [0] * missing
    return sum(_units(size, is_consistent=is_consistent) for size in sizes)


def _units(size: int, *, is_consistent: bool) -> float:
    return max(math.ceil(size / READ_UNIT), 1) * (1 if is_consistent else 0.5)


@contextmanager
def serving(cloud: Cloud) -> Iterator[Cloud]:
    """Serve on a free port of this machine; `cloud.url` says where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # the answer is one packet
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            status, more, content = cloud.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield cloud
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
