"""Functions as Lambda runs them: real handlers, real events, the emulator behind the real SDKs."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.ports import Ports
from notification_core.runtime import wiring
from tests.emulator import ENVIRONMENT, Emulator


@dataclass
class Context:
    """What Lambda hands to a function beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id: str = "request"
    log_stream_name: str = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 55_000


@pytest.fixture(autouse=True)
def no_index_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits of an opt-out, because the emulator's indexes do not lag.

    Set for each test, because `live` lasts as long as the process and other suites share it.
    """
    for wait in ("INDEX_LAG", "PAUSE"):
        monkeypatch.setattr(
            f"notification_core.usecases.consent.opt_out.{wait}", timedelta(milliseconds=10)
        )


@pytest.fixture(scope="session")
def live(aws: Ports, emulator: Emulator) -> Iterator[Ports]:
    """Wire the process as a function: the environment, the real clock, the emulator."""
    del aws  # its tables are there now
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", emulator.url)
        wiring.ports.cache_clear()
        wiring.aws_client.cache_clear()
        yield wiring.ports()
    wiring.ports.cache_clear()
    wiring.aws_client.cache_clear()


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    body: Any
    headers: dict[str, list[str]]

    @property
    def code(self) -> str:
        """The code that a problem's type ends in."""
        return str(self.body["type"]).rpartition(":")[2]

    @property
    def fields(self) -> set[str]:
        """The fields that a problem names."""
        return {each["field"] for each in self.body["errors"]}


def _text(body: Any) -> str:
    return b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)


class Api:
    """The API function, called as API Gateway calls it."""

    def __init__(self, caller: str = "arn:aws:iam::000000000000:user/caller") -> None:
        from functions.api.handler import lambda_handler  # noqa: PLC0415

        self.handler = lambda_handler
        self.caller = caller

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; a `body` that is a text or bytes is sent as it is."""
        query = {name: str(value) for name, value in (query or {}).items()}
        text = body if isinstance(body, str) or body is None else _text(body)
        event = {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": {"Host": "api", **(headers or {})},
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
            "pathParameters": {"proxy": path.lstrip("/")},
            "stageVariables": None,
            "requestContext": {
                "stage": "v1",
                "path": f"/v1{path}",
                "httpMethod": method,
                "identity": {"userArn": self.caller},
                "requestId": str(uuid4()),
            },
            "body": text,
            "isBase64Encoded": isinstance(body, bytes),
        }
        answer = self.handler(event, Context())
        content = answer.get("body")
        return Answer(
            answer["statusCode"],
            json.loads(content) if content else None,
            answer.get("multiValueHeaders") or {},
        )


@pytest.fixture(scope="session")
def api(live: Ports) -> Api:
    """The API over the emulator, with the shipped targets registered."""
    from functions.targets.register import lambda_handler  # noqa: PLC0415

    lambda_handler({"RequestType": "Create"}, Context())
    del live
    return Api()


@pytest.fixture
def user() -> str:
    """A user that no other test has."""
    return f"user-{uuid4()}"
