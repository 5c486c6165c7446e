"""DynamoDB's JSON protocol with nothing around it, for the requests that delivery is made of.

botocore checks and copies every value of a request and an answer, which costs a batch of 25
statements some milliseconds of processor; signing and sending it costs less than one. The
parameters and answers here are botocore's own, so a client of either kind serves the stores.

Source: Amazon DynamoDB Developer Guide, "DynamoDB low-level API" and "Error handling".
"""

import json
import random
import time
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from notifications.adapters.dynamodb.transactions import cancellation

ATTEMPTS = 4
CONNECTIONS = 64
TIMEOUT = urllib3.Timeout(connect=2, read=5)

#: Errors of a whole request that pass.
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)
SERVER_ERROR = 500


class DynamoDBError(Exception):
    """DynamoDB refused a request; its message is DynamoDB's code."""


class WireClient:
    """As much of botocore's DynamoDB client as delivery needs.

    Args:
        url: the service's endpoint.
        region: what requests are signed for.
        credentials: botocore's, which refresh themselves where they have to.
    """

    def __init__(self, url: str, region: str, credentials: Credentials) -> None:
        self._url = url.rstrip("/") + "/"
        self._signer = SigV4Auth(credentials, "dynamodb", region)
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False, timeout=TIMEOUT)

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

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send it, again while the error is one that passes. Raises DynamoDBError."""
        body = json.dumps(request).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(operation, body)
            except (DynamoDBError, urllib3.exceptions.HTTPError) as error:
                if attempt == ATTEMPTS or not _passes(error):
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - not a secret
        raise AssertionError("unreachable")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        self._signer.add_auth(request)
        answer = self._pool.request("POST", self._url, body=body, headers=dict(request.headers))
        if answer.status >= SERVER_ERROR:
            raise DynamoDBError("InternalServerError")
        said: dict[str, Any] = json.loads(answer.data)
        if cancelled := cancellation(said):
            raise cancelled
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise DynamoDBError(str(said.get("__type", answer.status)).rpartition("#")[2])
        return said


def _passes(error: Exception) -> bool:
    """A request that got no answer may be sent again: every write has its condition."""
    return not isinstance(error, DynamoDBError) or str(error) in PASSING
