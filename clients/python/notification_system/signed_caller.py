"""A caller of the API: signs each request with AWS Signature Version 4."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIMEOUT = 35  # seconds: API Gateway gives up before


@dataclass(frozen=True)
class Answer:
    """A status and a body: a JSON value, or the text of what is none."""

    status: int
    body: Any


class SignedCaller:
    """The API as an application sees it.

    Args:
        url: where it answers, stage included.
        region: that of the stack.
        credentials: a key; its session token, if it has one, is signed along.
        session: what the requests go through.
    """

    def __init__(
        self, url: str, region: str, credentials: Credentials, session: requests.Session
    ) -> None:
        self.url = url.rstrip("/")
        self._signer = SigV4Auth(credentials, "execute-api", region)
        self._session = session

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
        return Answer(answer.status_code, _body(answer))

    def listed(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every item of a listing, page after page."""
        after = None
        while True:
            page = self("GET", with_query(path, **query, next=after))
            yield from page.body["items"]
            after = page.body["next"]
            if after is None:
                return


def loopback_session() -> requests.Session:
    """Return a session that ignores proxies, because none forwards to the loopback interface."""
    session = requests.Session()
    session.trust_env = False
    return session


def with_query(path: str, **query: Any) -> str:
    """Return a path with those of the parameters that are not None."""
    said = {name: value for name, value in query.items() if value is not None}
    # A blank as %20: a plus sign would be signed as one.
    return f"{path}?{urlencode(said, quote_via=quote)}" if said else path


def _body(answer: requests.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except requests.JSONDecodeError:
        return answer.text
