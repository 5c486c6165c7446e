"""What everybody may call: requests that API Gateway lets in unsigned, and answers to them.

Whoever is called here proves by a signature or a sealed token that the caller is the right one.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, urlencode

from notification_core.domain.errors import NotificationError
from notification_core.domain.outcomes import Misconfigured
from notification_core.runtime.observability import bind_request, log_failure, logger

#: Bytes of a body. A provider's callback has a few thousand, and API Gateway lets ten million in.
MAX_BODY = 64 * 1024

Event = dict[str, Any]
Answer = dict[str, Any]


class Form(dict[str, list[str]]):
    """The fields of a form; each may come several times."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of a field, in order; the name is that of the SDKs' forms."""
        return self.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value of a field, or an empty text."""
        return next(iter(self.getlist(name)), "")


@dataclass(frozen=True, slots=True)
class Request:
    """An API Gateway REST proxy event."""

    event: Event

    @property
    def method(self) -> str:
        """GET, POST, ..."""
        return str(self.event["httpMethod"])

    @property
    def resource(self) -> str:
        """The path of the route, with its parameters' names."""
        return str(self.event["resource"])

    def parameter(self, name: str) -> str:
        """Return a parameter of the path."""
        return str((self.event.get("pathParameters") or {}).get(name, ""))

    def header(self, name: str) -> str:
        """Return a header, however it is written; an empty text when it is not there."""
        headers: Mapping[str, str] = self.event.get("headers") or {}
        values = (value for key, value in headers.items() if key.lower() == name.lower())
        return next(values, "")

    def form(self) -> Form:
        """Return the body, read as a form."""
        body = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            body = base64.b64decode(body).decode(errors="replace")
        return Form(parse_qs(body, keep_blank_values=True))

    def urls(self) -> list[str]:
        """Return the exact URL that was called, stage and query included.

        There are several where API Gateway does not tell how it was written: it hands over a query
        decoded, and behind somebody's own domain (`PUBLIC_URL`) another host.
        """
        context = self.event["requestContext"]
        scheme = self.header("X-Forwarded-Proto") or ("http" if _on_laptop() else "https")
        host = context.get("domainName") or self.header("Host")
        whole = [f"{scheme}://{host}{context['path']}"]
        if _on_laptop():
            # The emulator also answers by a path of its own, for those who cannot resolve hosts.
            here = f"{scheme}://{self.header('Host')}/_aws/execute-api/{context['apiId']}"
            whole.append(f"{here}{context['path']}")
        if public := os.environ.get("PUBLIC_URL", "").rstrip("/"):
            whole.append(f"{public}{self.event['path']}")
        return [url + query for url in whole for query in self._queries()]

    def _queries(self) -> Iterable[str]:
        given = self.event.get("multiValueQueryStringParameters") or {}
        pairs = [(name, value) for name, values in given.items() for value in values]
        if not pairs:
            return [""]
        return dict.fromkeys("?" + urlencode(pairs, quote_via=via) for via in (quote, quote_plus))


def _on_laptop() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL"))


def response(status: int, body: str = "", content_type: str = "text/plain", **more: str) -> Answer:
    """Return an answer; header names in `more` have underscores for dashes."""
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return {"statusCode": int(status), "headers": headers, "body": body}


def error_response(status: HTTPStatus, detail: str) -> Answer:
    """Return a problem document (RFC 9457)."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return response(status, json.dumps(problem), "application/problem+json")


def respond_to(event: Event, context: Any, respond: Callable[[Request], Answer]) -> Answer:
    """Answer a request; what cannot be done now is a 503, so that it is asked again.

    A body of more than `MAX_BODY` bytes is refused before anybody reads it.
    """
    bind_request(context)
    if len((event.get("body") or "").encode(errors="replace")) > MAX_BODY:
        detail = f"The body must be at most {MAX_BODY} bytes."
        return error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    try:
        return respond(Request(event))
    except (NotificationError, Misconfigured) as error:
        logger.error("a public request could not be carried out", extra={"error": _name(error)})
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "This cannot be done now; try again.")
    except Exception as error:  # noqa: BLE001 - nothing internal leaves
        log_failure("a public request failed", error)
        return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed on our side.")


def _name(error: Exception) -> str:
    return str(getattr(error, "code", None) or type(error).__name__)
