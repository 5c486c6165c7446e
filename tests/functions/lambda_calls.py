"""Lambda as the tests call it: its context, and the API function as API Gateway calls it."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


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
