"""A request of a browser, as API Gateway passes it on."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Self
from urllib.parse import parse_qs

#: Bytes of a form. A template has up to a million characters, of which the browser encodes many in
#: three bytes or more.
MAX_FORM = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a path below `/console`."""

    method: str
    path: str  #: begins with a slash, and is decoded: `/` is the home page
    query: Mapping[str, str]  #: the last value of each parameter
    headers: Mapping[str, str]  #: by names in lower case
    form: Mapping[str, str]  #: the last value of each field; empty if it is too large

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Self:
        """Return the request of an API Gateway REST proxy event."""
        proxy = (event.get("pathParameters") or {}).get("proxy") or ""
        headers = event.get("multiValueHeaders") or {}
        query = event.get("multiValueQueryStringParameters") or {}
        return cls(
            method=str(event["httpMethod"]),
            path=f"/{proxy}",
            query={name: values[-1] for name, values in query.items() if values},
            headers={name.lower(): ", ".join(values) for name, values in headers.items()},
            form=_form(event),
        )

    def cookie(self, name: str) -> str:
        """Return a cookie, or an empty string."""
        # The browser separates cookies by semicolons, and HTTP/2 may split the header.
        try:
            cookies = SimpleCookie(self.headers.get("cookie", "").replace(", ", "; "))
        except CookieError:
            return ""
        return cookies[name].value if name in cookies else ""

    @property
    def is_htmx(self) -> bool:
        """Whether htmx sends it, to replace a part of a page."""
        return self.headers.get("hx-request") == "true"

    @property
    def is_from_another_site(self) -> bool:
        """Whether the browser says that a page of another origin sends it."""
        return self.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    body = event.get("body") or ""
    if len(body) > MAX_FORM:
        return {}
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    fields = parse_qs(body, keep_blank_values=True, max_num_fields=2000)
    return {name: values[-1] for name, values in fields.items()}
