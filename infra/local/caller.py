"""A caller of the local stack's API, with the key that `make up` created."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from botocore.credentials import Credentials

from notification_system import ApiError, Client, Retries
from notification_system.deployments import Deployment
from notification_system.requests import path_of
from notification_system.signing import SigV4Signer


@dataclass(frozen=True)
class Answer:
    """The status and the body of a response: a JSON value, or a text."""

    status: int
    body: Any


class Caller:
    """Calls the local API and returns every response, also an error, without a retry.

    Args:
        access: the content of `.local/stack.json`.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        self.url = str(access["api_url"])
        key = Credentials(access["access_key_id"], access["secret_access_key"])
        signer = SigV4Signer(key, access["region"])
        deployment = Deployment(self.url, signer, is_local=True)
        self.client = Client.of_deployment(deployment, retries=Retries(attempts=1))

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request. Raises ConnectionFailed if there is no response."""
        try:
            reply = self.client.exchange(method, path, body, headers=headers)
        except ApiError as error:
            return Answer(error.status, error.body)
        return Answer(reply.status, reply.body)

    def listed(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every item of a listing."""
        after = None
        while True:
            page = self("GET", path_of(path, **query, next=after)).body
            yield from page["items"]
            after = page["next"]
            if after is None:
                return


def loopback_session() -> requests.Session:
    """Return a session that ignores proxies, because none forwards to the loopback interface."""
    session = requests.Session()
    session.trust_env = False
    return session


def curl(access: Mapping[str, Any], method: str, path: str, body: Any = None) -> str:
    """Return a shell command that sends a signed request."""
    lines = [
        f"curl -X {method} {access['api_url']}{path}",
        f"--aws-sigv4 aws:amz:{access['region']}:execute-api",
        f"--user {access['access_key_id']}:{access['secret_access_key']}",
    ]
    if body is not None:
        lines += ["-H 'content-type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n    ".join(lines)
