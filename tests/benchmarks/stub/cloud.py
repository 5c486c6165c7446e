"""All stubbed services behind one port, and the control requests of the benchmarks."""

import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zlib import crc32

from tests.benchmarks.stub.dynamodb import DynamoDb
from tests.benchmarks.stub.errors import RefusedError
from tests.benchmarks.stub.http import Headers, Reply
from tests.benchmarks.stub.read_units import read_units
from tests.benchmarks.stub.scenario import Scenario, fill
from tests.benchmarks.stub.services import Objects, Queues, Secrets
from tests.benchmarks.stub.sizes import Item
from tests.benchmarks.stub.tables import Table

#: The prefix of the benchmarks' control requests.
CONTROL = "/_stub/"

#: The path for mail (Amazon SES API v2 Reference, SendEmail), and the id of every mail.
SES, MAIL = "/v2/email/outbound-emails", "mail-1"


class Cloud:
    """The services, and the requests that they received."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.problems: list[str] = []
        self._reset({})

    def _reset(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Clear everything; fill the tables for a scenario."""
        self.tables: dict[str, Table] = {}
        self.queues, self.secrets, self.objects = Queues(), Secrets(), Objects()
        self.requests.clear()
        self.read_units = 0.0
        self.problems.clear()
        if request:
            self.tables, self.secrets.texts = fill(Scenario(**request))
        database = DynamoDb(self.tables)
        self._operations: dict[str, Callable[[Any], Any]] = {
            "DynamoDB_20120810.BatchExecuteStatement": database.batch_execute_statement,
            "DynamoDB_20120810.BatchGetItem": database.batch_get_item,
            "DynamoDB_20120810.PutItem": database.put_item,
            "DynamoDB_20120810.Query": database.query,
            "DynamoDB_20120810.Scan": database.scan,
            "DynamoDB_20120810.UpdateItem": database.update_item,
            "AmazonSQS.GetQueueUrl": self.queues.get_queue_url,
            "AmazonSQS.GetQueueAttributes": self.queues.get_queue_attributes,
            "AmazonSQS.SendMessageBatch": self.queues.send_message_batch,
            "AmazonSQS.ReceiveMessage": self.queues.receive_message,
            "secretsmanager.GetSecretValue": self.secrets.get_secret_value,
        }
        return {}

    def _control(self, path: str, body: bytes) -> Any:
        match path:
            case "reset":
                return self._reset(json.loads(body))
            case "waiting":
                return self.waiting()
            case "messages":
                return self.queues.bodies
            case _:
                return self.report()

    def waiting(self) -> list[dict[str, Any]]:
        """Return the id and the due time of all items in the due index, in order of creation."""
        return [
            {"id": item["id"]["S"], "due_at": int(item["due_at"]["N"])}
            for table in self.tables.values()
            for item in table.items.values()
            if "due_at" in item
        ]

    def _notifications(self) -> Iterator[Item]:
        """Yield every item with a status, which only notifications have."""
        for table in self.tables.values():
            yield from (item for item in table.items.values() if "status" in item)

    def report(self) -> dict[str, Any]:
        """Return the received requests and the current state."""
        statuses = Counter(item["status"]["S"] for item in self._notifications())
        return {
            "requests": dict(self.requests),
            "read_units": self.read_units,
            "objects": dict(self.objects.requests),
            "queues": self.queues.report(),
            "statuses": dict(statuses),
            "units": {
                name: dict(table.units) for name, table in self.tables.items() if table.units
            },
            "largest": {name: table.largest for name, table in self.tables.items()},
            "problems": self.problems,
        }

    def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Reply:
        """Answer one request to a service, or a control request."""
        try:
            if path.startswith(CONTROL):
                response = self._control(path.removeprefix(CONTROL), body)
                return Reply(200, json.dumps(response).encode(), immediate=True)
            target = headers.get(b"x-amz-target", b"").decode()
            if target:
                return self._operate(target, body)
            if path == SES:
                self.requests["SendEmail"] += 1
                return Reply(200, json.dumps({"MessageId": MAIL}).encode())
            return Reply(200, self.objects.answer(method, path, body), 'ETag: "0"\r\n')
        except RefusedError as refused:
            response = {"__type": refused.code, "message": refused.message}
            if refused.code == "ValidationException":
                self.problems.append(str(refused))
            return Reply(400, json.dumps(response).encode())
        except Exception:  # noqa: BLE001 - every error is reported to the benchmark
            self.problems.append(traceback.format_exc())
            response = {"__type": "StubFailed", "message": self.problems[-1]}
            return Reply(400, json.dumps(response).encode())

    def _operate(self, target: str, body: bytes) -> Reply:
        operation, request = target.partition(".")[2], json.loads(body)
        self.requests[operation] += 1
        response = self._operations[target](request)
        self.read_units += read_units(operation, request, response)
        answer = json.dumps(response).encode()
        kind = "Content-Type: application/x-amz-json-1.0\r\n"
        return Reply(200, answer, f"{kind}x-amz-crc32: {crc32(answer)}\r\n")
