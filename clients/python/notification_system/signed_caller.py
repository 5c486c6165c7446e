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

TIMEOUT = 35  # seconds, longer than API Gateway's own timeout


@dataclass(frozen=True)
class Answer:
    """A status and a body: a JSON value, or text if the body is not JSON."""

    status: int
    body: Any


class SignedCaller:
    """Calls the API with signed requests.

    Args:
        url: the URL of the API, with the stage.
        region: the region of the stack.
        credentials: the AWS credentials that sign the requests, with or without a session token.
        session: the HTTP session of the requests.
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
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        request = AWSRequest(method, self.url + path, headers=all_headers, data=content)
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
    """Return a path with the query parameters that are not None."""
    parameters = {name: value for name, value in query.items() if value is not None}
    # A space must be %20, because the signature would cover a literal plus sign.
    return f"{path}?{urlencode(parameters, quote_via=quote)}" if parameters else path


def _body(answer: requests.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except requests.JSONDecodeError:
        return answer.text
