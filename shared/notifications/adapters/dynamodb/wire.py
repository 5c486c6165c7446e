"""DynamoDB's JSON protocol with nothing around it, for the requests that delivery is made of.

botocore checks and copies every value of a request and an answer, which costs a batch of 25
statements some milliseconds of processor; signing and sending it costs less than one. The
parameters and answers here are botocore's own, so a client of either kind serves the stores.

Source: Amazon DynamoDB Developer Guide, "DynamoDB low-level API" and "Error handling". The checksum
of an answer is not in it: botocore checks it for this service alone (`_retry.json`, `crc32`).
"""

import json
import random
import time
from typing import Any
from zlib import crc32

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from notifications.adapters.dynamodb.transactions import cancellation

ATTEMPTS = 4
CONNECTIONS = 64
TIMEOUT = urllib3.Timeout(connect=2, read=5)

#: The code of an answer that is not what DynamoDB sent.
GARBLED = "GarbledAnswer"

#: Errors of a whole request that pass.
PASSING = frozenset(
    {
        GARBLED,
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)
SERVER_ERROR = 500


class DynamoDBError(Exception):
    """DynamoDB refused a request.

    Args:
        code: DynamoDB's, or the HTTP status where the answer had none.
        request_id: AWS's name of the request, which AWS Support asks for.
    """

    def __init__(self, code: str, request_id: str | None = None) -> None:
        super().__init__(f"{code} (request {request_id})" if request_id else code)
        self.code = code


class WireClient:
    """As much of botocore's DynamoDB client as delivery needs.

    Args:
        url: the service's endpoint.
        region: what requests are signed for.
        credentials: botocore's, which refresh themselves where they have to.
    """

    def __init__(self, url: str, region: str, credentials: Credentials) -> None:
        self._url = url.rstrip("/") + "/"
        self._region = region
        self._credentials = credentials
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
        """Send it, again while the error is one that passes.

        Raises:
            DynamoDBError: it was refused.
            Cancelled: it was a transaction, and was not carried out.
            HTTPError: there was no answer.
            UnicodeEncodeError: a text holds half of a surrogate pair; nothing was sent.
        """
        body = json.dumps(request, ensure_ascii=False).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(operation, body)
            except (DynamoDBError, urllib3.exceptions.HTTPError) as error:
                if attempt == ATTEMPTS or not passes(error):
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - not a secret
        raise AssertionError("unreachable")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        # As they are at this moment: a role's may be replaced between the key and its token.
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, "dynamodb", self._region).add_auth(request)
        answer = self._pool.request("POST", self._url, body=body, headers=dict(request.headers))
        request_id = answer.headers.get("x-amzn-RequestId")
        if answer.status >= SERVER_ERROR:
            raise DynamoDBError("InternalServerError", request_id)
        said = _read(answer)
        if said is not None and (cancelled := cancellation(said)):
            raise cancelled
        if answer.status != 200:  # noqa: PLR2004 - OK
            code = str((said or {}).get("__type") or answer.status)
            raise DynamoDBError(code.rpartition("#")[2], request_id)
        if said is None:
            raise DynamoDBError(GARBLED, request_id)
        return said


def _read(answer: urllib3.BaseHTTPResponse) -> dict[str, Any] | None:
    """Return an answer's JSON object; None where it is none, or was changed on its way."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(answer.data)):
        return None
    try:
        said = json.loads(answer.data)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def passes(error: Exception) -> bool:
    """Whether a request may be sent again. Without an answer it may: each write has a condition."""
    if isinstance(error, DynamoDBError):
        return error.code in PASSING
    return isinstance(error, urllib3.exceptions.HTTPError)
