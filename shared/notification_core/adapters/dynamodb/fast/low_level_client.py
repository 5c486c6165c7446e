"""The DynamoDB operations for creation and delivery, without botocore.

Source: Amazon DynamoDB Developer Guide, "DynamoDB low-level API" and "Error handling".
"""

from typing import Any

from notification_core.adapters.aws_json import AwsJsonClient
from notification_core.adapters.dynamodb.fast.transactions import cancellation


class LowLevelClient(AwsJsonClient):
    """The part of botocore's DynamoDB client that creation and delivery need."""

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

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Write all or nothing. Raises Cancelled."""
        return self._call("TransactWriteItems", request)

    def _check(self, body: dict[str, Any]) -> None:
        if cancelled := cancellation(body):
            raise cancelled
