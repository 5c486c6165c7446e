"""Calls to the functions that everybody may call, as API Gateway hands them over."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from twilio.request_validator import RequestValidator

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN
from notification_core.domain.notification import Notification
from tests.functions.lambda_calls import Context

HOST = "abcde12345.execute-api.us-east-1.amazonaws.com"
STAGE = "/v1"


def proxy_event(
    method: str,
    url: str,
    resource: str,
    body: str = "",
    headers: dict[str, str] | None = None,
    *,
    encoded: bool = False,
) -> dict[str, Any]:
    """Return a REST proxy event of API Gateway, for a URL with its stage."""
    parts = urlsplit(url)
    path = parts.path.removeprefix(STAGE)
    values = dict(zip(resource.split("/"), path.split("/"), strict=True))
    query = parse_qs(parts.query, keep_blank_values=True)
    given = {"Host": parts.netloc, "X-Forwarded-Proto": parts.scheme, **(headers or {})}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": {name: each[-1] for name, each in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {k.strip("{}"): v for k, v in values.items() if k.startswith("{")}
        or None,
        "stageVariables": None,
        "requestContext": {
            "apiId": HOST.partition(".")[0],
            "domainName": parts.netloc,
            "stage": STAGE.strip("/"),
            "path": parts.path,
            "resourcePath": resource,
            "httpMethod": method,
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "127.0.0.1", "userArn": None},
            "requestId": str(uuid4()),
        },
        "body": (base64.b64encode(body.encode()).decode() if encoded else body) or None,
        "isBase64Encoded": encoded,
    }


STATUS = "/callbacks/twilio/status/{notification}/{attempt}"
MESSAGES = "/callbacks/twilio/messages"


@dataclass
class Twilio:
    """Twilio, calling: it signs with its SDK's own validator."""

    token: str = AUTH_TOKEN
    base: str = f"https://{HOST}{STAGE}"
    headers: dict[str, str] = field(default_factory=dict)  #: in place of the signature

    def status_url(self, notification: Notification, attempt: int = 1) -> str:
        """Return what the message was created with."""
        return f"{self.base}/callbacks/twilio/status/{notification.id}/{attempt}"

    def says(
        self,
        notification: Notification,
        status: str,
        code: str = "",
        *,
        attempt: int = 1,
        **changes: str,
    ) -> int:
        """Tell of a message's status; returns the answer's."""
        form = {
            "MessageSid": notification.provider_message_id or "SM0",
            "MessageStatus": status,
            "AccountSid": ACCOUNT_SID,
            "From": "+15005550006",
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": code} if code else {}),
            **changes,
        }
        return self.post(self.status_url(notification, attempt), form, STATUS)

    def passes_on(self, sender: str, text: str, sid: str = "", **more: str) -> int:
        """Hand on somebody's message; returns the answer's status."""
        form = {"MessageSid": sid or f"SM{uuid4().hex}", "From": sender, "To": "+15005550006"}
        url = f"{self.base}/callbacks/twilio/messages"
        return self.post(url, form | {"Body": text} | more, MESSAGES)

    def post(
        self,
        url: str,
        form: dict[str, str],
        resource: str,
        *,
        signed: str | None = None,
        sent: dict[str, str] | None = None,
        encoded: bool = False,
    ) -> int:
        """Post a form; `signed` and `sent` are the URL and the form where they differ."""
        signature = RequestValidator(self.token).compute_signature(signed or url, form)
        headers = self.headers or {"X-Twilio-Signature": signature}
        body = urlencode(sent or form)
        return call_twilio(proxy_event("POST", url, resource, body, headers, encoded=encoded))


def call_twilio(event: dict[str, Any]) -> int:
    """Call the function; returns the answer's status."""
    from functions.callbacks.twilio.handler import lambda_handler  # noqa: PLC0415

    return int(lambda_handler(event, Context())["statusCode"])


@contextmanager
def a_gateway() -> Iterator[str]:
    """Run an API Gateway for what the simulator calls; yields the public URL."""

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            resource = MESSAGES if self.path.endswith("messages") else STATUS
            url = f"http://{self.headers['Host']}{self.path}"
            event = proxy_event("POST", url, resource, body, dict(self.headers))
            self.send_response(call_twilio(event))
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{STAGE}"
        server.shutdown()
