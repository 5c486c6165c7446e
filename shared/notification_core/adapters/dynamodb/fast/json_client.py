"""The DynamoDB operations for creation and delivery, without botocore.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB low-level API" and "Error handling"; Amazon
DynamoDB API Reference, TransactWriteItems (the reasons of a cancellation).
"""

import re
from collections.abc import Mapping
from typing import Any

from notification_core.adapters.aws_json import AwsJsonClient
from notification_core.adapters.dynamodb.errors import CANCELLED, DynamoDBError


class DynamoDBJsonClient(AwsJsonClient):
    """Implements `LowLevelClient`. Its methods raise DynamoDBError."""

    service = "dynamodb"
    target = "DynamoDB_20120810"

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        """Run up to 25 PartiQL statements."""
        return self._call("BatchExecuteStatement", request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Read up to 100 items."""
        return self._call("BatchGetItem", request)

    def query(self, **request: Any) -> dict[str, Any]:
        """Read a page of an index."""
        return self._call("Query", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Store an item, in place of the item with its key. It is tried once."""
        return self._call("PutItem", request, attempts=1)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Write all or nothing. The error of a cancelled transaction has its reasons."""
        return self._call("TransactWriteItems", request)

    def _error(self, code: str, request_id: str | None, body: dict[str, Any]) -> DynamoDBError:
        reasons = _reasons(body) if code.endswith(CANCELLED) else []
        return DynamoDBError(code, request_id, reasons)


def _reasons(body: Mapping[str, Any]) -> list[str]:
    """Return the code of each write of a cancelled transaction."""
    listed = body.get("CancellationReasons")
    if listed is not None:
        return [str(reason.get("Code") or "None") for reason in listed]
    match = re.search(r"\[(.*)\]", str(body.get("message") or body.get("Message") or ""))
    return [part.strip() for part in match[1].split(",")] if match else []
