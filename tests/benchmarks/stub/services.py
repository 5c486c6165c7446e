"""SQS's and Secrets Manager's JSON protocols, and S3's PUT and GET of an object.

Source: Amazon SQS API Reference (SendMessageBatch: 10 entries, 1 MiB), AWS Secrets Manager API
Reference, Amazon S3 API Reference.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from notification_core.adapters.sqs_queues import from_body
from tests.benchmarks.stub.errors import RefusedError, expect

Request = Mapping[str, Any]
Answer = dict[str, Any]

MAX_ENTRIES = 10
MAX_DELAY = 900  # seconds
MAX_SIZE = 1024 * 1024  # bytes of one request's bodies


class Queues:
    """The messages of every queue, in order of arrival."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[str]] = {}

    def get_queue_url(self, request: Request) -> Answer:
        """Return the URL of a queue; queues with any name exist."""
        return {"QueueUrl": f"http://127.0.0.1/000000000000/{request['QueueName']}"}

    def get_queue_attributes(self, request: Request) -> Answer:
        """Return the number of messages of a queue."""
        waiting = str(len(self.bodies.get(_name(request), ())))
        return {"Attributes": dict.fromkeys(request["AttributeNames"], "0") | {_WAITING: waiting}}

    def send_message_batch(self, request: Request) -> Answer:
        """Store up to ten messages."""
        entries = request["Entries"]
        ids = {entry["Id"] for entry in entries}
        expect(0 < len(entries) <= MAX_ENTRIES, "a batch has 1 to 10 entries")
        expect(len(ids) == len(entries), "the ids of a batch are distinct")
        expect(
            all(0 <= entry["DelaySeconds"] <= MAX_DELAY for entry in entries), "0 to 900 seconds"
        )
        expect(sum(len(entry["MessageBody"].encode()) for entry in entries) <= MAX_SIZE, "1 MiB")
        queue = self.bodies.setdefault(_name(request), [])
        queue += [entry["MessageBody"] for entry in entries]
        return {"Successful": [_accepted(entry) for entry in entries]}

    def receive_message(self, request: Request) -> Answer:
        """Return nothing, because only dead letters are received and there are none."""
        expect(_name(request) not in self.bodies, "the stub hands over no message")
        return {}

    def report(self) -> dict[str, dict[str, int]]:
        """Return the number of messages and of (distinct) notifications of each queue."""
        return {name: _counted(bodies) for name, bodies in self.bodies.items()}


def _counted(bodies: list[str]) -> dict[str, int]:
    ids = [wake_up.id for body in bodies for wake_up in from_body(body)]
    return {"messages": len(bodies), "named": len(ids), "distinct": len(set(ids))}


_WAITING = "ApproximateNumberOfMessages"


def _name(request: Request) -> str:
    return str(request["QueueUrl"]).rpartition("/")[2]


def _accepted(entry: Mapping[str, str]) -> dict[str, str]:
    digest = hashlib.md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"Id": entry["Id"], "MessageId": digest, "MD5OfMessageBody": digest}


class Secrets:
    """The values of the secrets."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get_secret_value(self, request: Request) -> Answer:
        """Return a secret."""
        if (text := self.texts.get(request["SecretId"])) is None:
            raise RefusedError("ResourceNotFoundException", "there is no such secret")
        return {"Name": request["SecretId"], "SecretString": text}


class Objects:
    """S3's objects by path; counts the PUTs and GETs."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """Store an object, or return it."""
        path = path.partition("?")[0]
        self.requests[method] += 1
        if method == "PUT":
            self.bodies[path] = body
            return b""
        if method != "GET" or path not in self.bodies:
            raise RefusedError("NoSuchKey", "The specified key does not exist.")
        return self.bodies[path]
