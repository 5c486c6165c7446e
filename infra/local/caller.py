"""A caller of the API: signs each request with the key that `make up` made."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIMEOUT = 35  # seconds: API Gateway gives up before


def loopback_session() -> requests.Session:
    """Return a session that goes through no proxy: none has business on the loopback interface."""
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: Any


class Caller:
    """The API as an application sees it.

    Args:
        access: what `.local/stack.json` says.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        self.url = access["api_url"]
        key = Credentials(access["access_key_id"], access["secret_access_key"])
        self._signer = SigV4Auth(key, "execute-api", access["region"])
        self._session = loopback_session()

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a signed request."""
        content = None if body is None else json.dumps(body)
        given = {"Content-Type": "application/json", **(headers or {})}
        request = AWSRequest(method, self.url + path, headers=given, data=content)
        self._signer.add_auth(request)
        answer = self._session.request(
            method,
            self.url + path,
            headers=dict(request.headers),
            data=content,
            timeout=TIMEOUT,
        )
        return Answer(answer.status_code, answer.json() if answer.content else None)

    def listed(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every item of a listing, page after page."""
        after = None
        while True:
            page = self("GET", f"{path}?{urlencode(query | ({'next': after} if after else {}))}")
            yield from page.body["items"]
            after = page.body["next"]
            if after is None:
                return


def curl(access: Mapping[str, Any], method: str, path: str, body: Any = None) -> str:
    """Return a command to paste that sends a signed request."""
    lines = [
        f"curl -X {method} {access['api_url']}{path}",
        f"--aws-sigv4 aws:amz:{access['region']}:execute-api",
        f"--user {access['access_key_id']}:{access['secret_access_key']}",
    ]
    if body is not None:
        lines += ["-H 'content-type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n    ".join(lines)
