"""AWS's JSON protocol with nothing around it, for the requests of the hot path.

botocore checks and copies every value of a request and an answer, which costs a batch of 25
statements some milliseconds of processor; signing and sending it costs less than one. The
parameters and answers here are botocore's own, so a client of either kind serves the stores.

Source: AWS JSON 1.0 protocol (Smithy specification). The checksum of an answer is not in it:
botocore checks it for DynamoDB alone (`_retry.json`, `crc32`).
"""

import json
import random
import time
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ATTEMPTS = 4
CONNECTIONS = 64
TIMEOUT = urllib3.Timeout(connect=2, read=5)

#: The code of an answer that is not what the service sent.
GARBLED = "GarbledAnswer"

#: Errors of a whole request that pass.
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
    """A service refused a request.

    Args:
        code: the service's, or the HTTP status where the answer had none.
        request_id: AWS's name of the request, which AWS Support asks for.
    """

    def __init__(self, code: str, request_id: str | None = None) -> None:
        super().__init__(f"{code} (request {request_id})" if request_id else code)
        self.code = code


class AwsJsonClient:
    """As much of a botocore client as the operations of a subclass need.

    Args:
        url: the service's endpoint.
        region: what requests are signed for.
        credentials: botocore's, which refresh themselves where they have to.
    """

    service: str  #: what requests are signed for
    target: str  #: what `X-Amz-Target` begins with

    def __init__(self, url: str, region: str, credentials: Credentials) -> None:
        self._url = url.rstrip("/") + "/"
        self._host = urlsplit(url).netloc
        self._region = region
        self._credentials = credentials
        self._pool = urllib3.connection_from_url(
            self._url, maxsize=CONNECTIONS, retries=False, timeout=TIMEOUT
        )

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send it, again while the error is one that passes.

        Raises:
            AwsError: it was refused.
            HTTPError: there was no answer.
            UnicodeEncodeError: a text holds half of a surrogate pair; nothing was sent.
        """
        body = json.dumps(request, ensure_ascii=False).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(operation, body)
            except (AwsError, urllib3.exceptions.HTTPError) as error:
                if attempt == ATTEMPTS or not passes(error):
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - not a secret
        raise AssertionError("unreachable")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Host": self._host,  # or the signer works it out from the URL, twice
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{self.target}.{operation}",
        }
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        # As they are at this moment: a role's may be replaced between the key and its token.
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, self.service, self._region).add_auth(request)
        answer = self._pool.urlopen(
            "POST", "/", body=body, headers=dict(request.headers), redirect=False
        )
        request_id = answer.headers.get("x-amzn-RequestId")
        if answer.status >= SERVER_ERROR:
            raise AwsError("InternalServerError", request_id)
        answered = _read(answer)
        self._check(answered or {})
        if answer.status != 200:  # noqa: PLR2004 - OK
            code = str((answered or {}).get("__type") or answer.status)
            raise AwsError(code.rpartition("#")[2], request_id)
        if answered is None:
            raise AwsError(GARBLED, request_id)
        return answered

    def _check(self, body: dict[str, Any]) -> None:
        """Raise what only this service's answers stand for."""


def _read(answer: urllib3.BaseHTTPResponse) -> dict[str, Any] | None:
    """Return an answer's JSON object; None where it is none, or was changed on its way."""
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

    Without an answer it may: each write of the stores has a condition, and a message that comes
    twice claims nothing the second time.
    """
    if isinstance(error, AwsError):
        return error.code in PASSING
    return isinstance(error, urllib3.exceptions.HTTPError)
