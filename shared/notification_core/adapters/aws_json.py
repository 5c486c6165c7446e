"""A minimal client for AWS's JSON protocol, for the requests of the hot path.

botocore validates and copies every value of a request and a response, which takes some milliseconds
of CPU time for a batch of 25 statements; signing and sending the batch takes less than one. The
parameters and responses are the same as botocore's, so the stores accept a client of either kind.

Source: AWS JSON 1.0 protocol (Smithy specification). It does not define the checksum of a response;
botocore checks it only for DynamoDB (`_retry.json`, `crc32`).
"""

import json
import time
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from notification_core.adapters.backoff import backoff

ATTEMPTS = 4
CONNECTIONS = 64
TIMEOUT = urllib3.Timeout(connect=2, read=5)

#: The code of a response that was damaged on its way.
GARBLED = "GarbledAnswer"

#: Transient errors of a whole request.
PASSING = frozenset(
    {
        GARBLED,
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)
SERVER_ERROR = 500


class AwsError(Exception):
    """A service rejected a request.

    Args:
        code: the service's error code, or the HTTP status if the response has none.
        request_id: AWS's id of the request, which AWS Support asks for.
    """

    def __init__(self, code: str, request_id: str | None = None) -> None:
        super().__init__(f"{code} (request {request_id})" if request_id else code)
        self.code = code


class AwsJsonClient:
    """The part of a botocore client that the operations of a subclass need.

    Args:
        url: the service's endpoint.
        region: the region that requests are signed for.
        credentials: botocore's credentials, which refresh themselves when necessary.
    """

    service: str  #: the service that requests are signed for
    target: str  #: the prefix of `X-Amz-Target`

    def __init__(self, url: str, region: str, credentials: Credentials) -> None:
        self._url = url.rstrip("/") + "/"
        self._host = urlsplit(url).netloc
        self._region = region
        self._credentials = credentials
        self._pool = urllib3.connection_from_url(
            self._url, maxsize=CONNECTIONS, retries=False, timeout=TIMEOUT
        )

    def _call(
        self, operation: str, request: dict[str, Any], *, attempts: int = ATTEMPTS
    ) -> dict[str, Any]:
        """Send a request; transient errors are retried.

        Raises:
            AwsError: the service rejected the request.
            HTTPError: there was no response.
            UnicodeEncodeError: a string contains an unpaired surrogate; nothing was sent.
        """
        body = json.dumps(request, ensure_ascii=False).encode()
        for attempt in range(1, attempts + 1):
            try:
                return self._once(operation, body)
            except (AwsError, urllib3.exceptions.HTTPError) as error:
                if attempt == attempts or not passes(error):
                    raise
                time.sleep(backoff(attempt))
        raise AssertionError("unreachable")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Host": self._host,  # otherwise the signer derives it from the URL, twice
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{self.target}.{operation}",
        }
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        # A snapshot, because a role's credentials may be replaced while they are read.
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, self.service, self._region).add_auth(request)
        answer = self._pool.urlopen(
            "POST", "/", body=body, headers=dict(request.headers), redirect=False
        )
        request_id = answer.headers.get("x-amzn-RequestId")
        if answer.status >= SERVER_ERROR:
            raise self._error("InternalServerError", request_id, {})
        answered = _read(answer)
        if answer.status != 200:  # noqa: PLR2004 - OK
            code = str((answered or {}).get("__type") or answer.status)
            raise self._error(code.rpartition("#")[2], request_id, answered or {})
        if answered is None:
            raise self._error(GARBLED, request_id, {})
        return answered

    def _error(self, code: str, request_id: str | None, _body: dict[str, Any]) -> AwsError:
        """Return the exception for an error. A service with further details overrides this."""
        return AwsError(code, request_id)


def _read(answer: urllib3.BaseHTTPResponse) -> dict[str, Any] | None:
    """Return a response's JSON object; None if it is not an object, or was damaged on its way."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(answer.data)):
        return None
    try:
        body = json.loads(answer.data)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def passes(error: Exception) -> bool:
    """Whether a request may be sent again.

    A request without a response may be sent again, because each write of the stores has a condition
    and a duplicate queue message claims nothing.
    """
    if isinstance(error, AwsError):
        return error.code in PASSING
    return isinstance(error, urllib3.exceptions.HTTPError)
