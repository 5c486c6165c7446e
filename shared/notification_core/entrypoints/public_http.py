"""Public endpoints: requests that API Gateway accepts without AWS signatures, and the responses.

Each endpoint authenticates its caller by a provider's signature or by a sealed token.
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
from notification_core.domain.failures import Misconfigured
from notification_core.runtime.observability import bind_request, log_failure, logger

#: Bytes of a body. A provider's callback has a few thousand; API Gateway accepts ten million.
MAX_BODY = 64 * 1024

Event = dict[str, Any]
Answer = dict[str, Any]


class Form(dict[str, list[str]]):
    """The fields of a form; a field may occur several times."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of a field, in order; the SDKs' forms have a method of this name."""
        return self.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value of a field, or an empty string."""
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
        """The path of the route, with the names of its parameters."""
        return str(self.event["resource"])

    def parameter(self, name: str) -> str:
        """Return a path parameter, or an empty string."""
        return str((self.event.get("pathParameters") or {}).get(name, ""))

    def header(self, name: str) -> str:
        """Return a header, regardless of case; an empty string if it is missing."""
        headers: Mapping[str, str] = self.event.get("headers") or {}
        values = (value for key, value in headers.items() if key.lower() == name.lower())
        return next(values, "")

    def form(self) -> Form:
        """Return the body, parsed as a form."""
        body = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            body = base64.b64decode(body).decode(errors="replace")
        return Form(parse_qs(body, keep_blank_values=True))

    def urls(self) -> list[str]:
        """Return the possible forms of the exact URL that was called, with stage and query.

        There are several forms because API Gateway does not pass on how the URL was written: it
        decodes the query, and behind a custom domain (`PUBLIC_URL`) it reports another host.
        """
        context = self.event["requestContext"]
        scheme = self.header("X-Forwarded-Proto") or ("http" if _on_laptop() else "https")
        host = context.get("domainName") or self.header("Host")
        whole = [f"{scheme}://{host}{context['path']}"]
        if _on_laptop():
            # The emulator also has a path of its own, for callers that cannot resolve hosts.
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
    """Return a response; header names in `more` have underscores in place of dashes."""
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return {"statusCode": int(status), "headers": headers, "body": body}


def error_response(status: HTTPStatus, detail: str) -> Answer:
    """Return a problem document (RFC 9457)."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return response(status, json.dumps(problem), "application/problem+json")


def respond_to(
    event: Event,
    context: Any,
    respond: Callable[[Request], Answer],
    respond_to_failure: Callable[[Request, HTTPStatus], Answer] | None = None,
) -> Answer:
    """Respond to a request. A temporary failure is a 503, so that the caller retries.

    `respond_to_failure` responds to a person if `respond` fails. A body of more than `MAX_BODY`
    bytes is rejected before it is parsed.
    """
    bind_request(context)
    if len((event.get("body") or "").encode(errors="replace")) > MAX_BODY:
        detail = f"The body must be at most {MAX_BODY} bytes."
        return error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    request = Request(event)
    try:
        return respond(request)
    except (NotificationError, Misconfigured) as error:
        logger.error("a public request could not be carried out", extra={"error": _name(error)})
        status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "This cannot be done now; try again."
    except Exception as error:  # noqa: BLE001 - the response must not reveal internals
        log_failure("a public request failed", error)
        status, detail = HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed on our side."
    if respond_to_failure is not None:
        return respond_to_failure(request, status)
    return error_response(status, detail)


def _name(error: Exception) -> str:
    return str(getattr(error, "code", None) or type(error).__name__)
