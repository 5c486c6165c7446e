"""A request of a browser, as API Gateway passes it on."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

#: Bytes of a form. A template has up to a million characters, of which the browser encodes many in
#: three bytes or more.
MAX_FORM = 4 * 1024 * 1024
#: Fields of a form. A template has a few hundred at most.
MAX_FIELDS = 2000
#: How a browser encodes a form, also htmx.
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a path below `/console`."""

    method: str
    path: str  #: begins with a slash, and is decoded: `/` is the home page
    query: Mapping[str, str]  #: the last value of each parameter
    headers: Mapping[str, str]  #: by names in lower case
    form: Mapping[str, str]  #: the last value of each field of a POST; empty if it is no form
    is_too_large: bool = False  #: whether the form was not read, because of its size

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Self:
        """Return the request of an API Gateway REST proxy event."""
        proxy = (event.get("pathParameters") or {}).get("proxy") or ""
        headers = event.get("multiValueHeaders") or {}
        query = event.get("multiValueQueryStringParameters") or {}
        request = cls(
            method=str(event["httpMethod"]),
            path=f"/{proxy}",
            query={name: values[-1] for name, values in query.items() if values},
            headers={name.lower(): ", ".join(values) for name, values in headers.items()},
            form={},
        )
        if request.method != "POST" or not request.has_form:
            return request
        form = _form(event)
        return replace(request, form=form or {}, is_too_large=form is None)

    def cookie(self, name: str) -> str:
        """Return a cookie; an empty string if it is missing, or there are several of this name.

        A browser sends several only if another site of the same domain has set one, to make a
        person work in a session that is not theirs.
        """
        # The browser separates cookies by semicolons, and HTTP/2 may split the header.
        cookies = re.split("[;,]", self.headers.get("cookie", ""))
        pairs = (cookie.strip().partition("=") for cookie in cookies)
        values = {value for key, _, value in pairs if key == name}
        return values.pop() if len(values) == 1 else ""

    @property
    def has_form(self) -> bool:
        """Whether the body may be a form by its type."""
        content_type = self.headers.get("content-type", FORM_TYPE)
        return content_type.partition(";")[0].strip().lower() == FORM_TYPE

    @property
    def is_htmx(self) -> bool:
        """Whether htmx sends it, to replace a part of a page."""
        return self.headers.get("hx-request") == "true"

    @property
    def page(self) -> str:
        """The path of the page in which htmx works; empty if it is not known."""
        try:
            return urlsplit(self.headers.get("hx-current-url", "")).path
        except ValueError:  # not a URL
            return ""

    def is_from_another_site(self, own_origin: str) -> bool:
        """Whether the browser says that a page of another origin sends it.

        Args:
            own_origin: scheme and host of the console.
        """
        site = self.headers.get("sec-fetch-site", "same-origin")
        return (
            site not in {"same-origin", "none"}
            or self.headers.get("origin", own_origin) != own_origin
        )


def _form(event: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the fields of the body; None if they are too many or too large."""
    body = event.get("body") or ""
    if len(body) > MAX_FORM:
        return None
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:  # too many
        return None
    return {name: values[-1] for name, values in fields.items()}
