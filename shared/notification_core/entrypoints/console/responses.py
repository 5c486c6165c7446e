"""Responses of the console. Every one has the security headers, also a redirect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

HTML = "text/html; charset=utf-8"

#: Loads nothing but the console's own files. `{sign_in}` is the origin of the user pool's pages, to
#: which the form for the sign-out redirects.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self' {sign_in}; base-uri 'none'; "
    "frame-ancestors 'none'"
)

#: For the HTML of a message, in a frame: no script, no form, no request for an image, no origin.
MESSAGE_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response; it is not cached unless its headers say so."""

    status: int = HTTPStatus.OK
    body: str = ""
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    policy: str = POLICY

    def as_answer(self, sign_in_origin: str) -> dict[str, Any]:
        """Return the answer to API Gateway.

        Args:
            sign_in_origin: scheme and host of the user pool's pages.
        """
        headers = {
            "Content-Type": self.content_type,
            "Cache-Control": "no-store",
            "Content-Security-Policy": self.policy.format(sign_in=sign_in_origin),
            **HEADERS,
            **self.headers,
        }
        return {
            "statusCode": int(self.status),
            "headers": headers,
            "multiValueHeaders": {"Set-Cookie": list(self.cookies)} if self.cookies else {},
            "body": self.body,
        }


def redirect(
    url: str, status: int = HTTPStatus.SEE_OTHER, cookies: tuple[str, ...] = ()
) -> Response:
    """Return a redirect; 303, so that the browser sends a GET also after a POST."""
    return Response(
        status=status, headers={"Location": url}, cookies=cookies, content_type="text/plain"
    )


def cookie(name: str, value: str, path: str, max_age: int) -> str:
    """Return a Set-Cookie header. The cookie is for this console only, and not for scripts.

    SameSite is Lax: the browser arrives from another site, the user pool, when it signs in.
    """
    return f"{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; Secure; SameSite=Lax"


def expired_cookie(name: str, path: str) -> str:
    """Return the Set-Cookie header that removes a cookie."""
    return cookie(name, "", path, 0)
