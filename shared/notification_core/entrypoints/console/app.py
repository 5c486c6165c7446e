"""The console's function: the session, the role and the CSRF token of each request, and errors."""

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from notification_core.domain.console_sessions import Session, session_hash
from notification_core.domain.errors import ErrorKind, NotificationError
from notification_core.domain.failures import Misconfigured
from notification_core.entrypoints.console import assets
from notification_core.entrypoints.console.call import Call, Site
from notification_core.entrypoints.console.csrf import is_masked
from notification_core.entrypoints.console.messages import error_page, message_page
from notification_core.entrypoints.console.request import Request
from notification_core.entrypoints.console.responses import (
    Response,
    cookie,
    expired_cookie,
    redirect,
)
from notification_core.entrypoints.console.routes import find_route, may
from notification_core.entrypoints.console.settings import console_settings
from notification_core.entrypoints.console.sign_in import PATIENCE, Attempt, SignIn, SignInFailed
from notification_core.ports import Ports
from notification_core.ports.console import ConsolePorts
from notification_core.runtime.console_wiring import app_client, console_ports
from notification_core.runtime.observability import bind_request, log_failure, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.console.sessions import close_session, open_session, read_session

SESSION_COOKIE = "console_session"
ATTEMPT_COOKIE = "console_sign_in"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"

#: A page of the console, without its base path. Two slashes, or a slash and a backslash, would
#: begin the address of another host, a segment of dots would leave the console, and a line break
#: would end the header. A browser drops a cookie of more than 4,096 characters, which the attempt
#: would be with a longer page.
PAGE = re.compile(r"(?!//)(?!.*/(?:\.|%2[Ee]))/[!-\[\]-~]{0,1500}")

STATUSES: Mapping[ErrorKind, HTTPStatus] = {
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.MISSING: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Console:
    """Answers requests.

    Args:
        ports: the ports of the use cases.
        console: the ports of the console.
        sign_in: the sign-in at the user pool.
    """

    def __init__(self, ports: Ports, console: ConsolePorts, sign_in: SignIn) -> None:
        self._ports, self._console, self._sign_in = ports, console, sign_in

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Handle an API Gateway REST proxy event."""
        bind_request(context)
        try:
            response = self.respond(Request.of_event(event))
        except Exception as error:  # noqa: BLE001 - the response must not reveal internals
            log_failure("a request of the console failed", error)
            response = Response(
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                body="Something failed on our side.",
                content_type="text/plain",
            )
        return response.as_answer(self._sign_in.settings.sign_in_origin)

    def respond(self, request: Request) -> Response:
        """Return the response to a request."""
        if request.method == "GET" and request.path.startswith("/assets/"):
            return assets.serve(request.path.removeprefix("/assets/"), request)
        try:
            public = _PUBLIC.get((request.method, request.path))
            if public is not None:
                return public(self, request)
            session = self._session(request)
            if session is None:
                return self._to_sign_in(request)
            return self._respond_to(request, session)
        except (NotificationError, Misconfigured) as error:
            logger.error("the console is unavailable", extra={"error": type(error).__name__})
            return Response(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                body="The console cannot answer now. Nothing was changed; try again.",
                content_type="text/plain",
            )

    def _session(self, request: Request) -> Session | None:
        session_id = request.cookie(SESSION_COOKIE)
        return read_session(self._console, session_id) if session_id else None

    def _to_sign_in(self, request: Request) -> Response:
        """Send the browser to the sign-in, and back to the page that it asked for."""
        site = self._site()
        if request.is_htmx:  # a fetch follows redirects by itself, but cannot sign in
            page = request.page
            wanted = page.removeprefix(site.base) if page.startswith(site.base) else None
            headers = {"HX-Redirect": site.url("/sign-in", to=wanted)}
            return Response(status=HTTPStatus.UNAUTHORIZED, headers=headers)
        if request.method != "GET":
            return message_page(
                site, None, HTTPStatus.UNAUTHORIZED, "You are not signed in", NO_SESSION
            )
        query = f"?{urlencode(request.query)}" if request.query else ""
        wanted = site.url(request.path).removeprefix(site.base) + query
        return redirect(site.url("/sign-in", to=wanted or None))

    def _respond_to(self, request: Request, session: Session) -> Response:
        site = self._site()
        match = find_route(request.method, request.path)
        if match is None:
            return message_page(site, session, HTTPStatus.NOT_FOUND)
        route, parameters = match
        if not may(session, route.name):
            return message_page(site, session, HTTPStatus.FORBIDDEN)
        if request.is_too_large:
            return message_page(
                site,
                session,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "The form is too large",
                "Nothing was changed.",
            )
        if request.method != "GET" and not self._is_from_own_page(request, session):
            return message_page(
                site, session, HTTPStatus.FORBIDDEN, "The form is not valid", FORGED
            )
        call = Call(
            site=site, request=request, session=session, parameters=parameters, route=route.name
        )
        try:
            return route.page(call)
        except NotificationError as error:
            logger.info("the console refused a request", extra={"code": error.code})
            return error_page(site, session, request, STATUSES[error.kind], error)

    def _is_from_own_page(self, request: Request, session: Session) -> bool:
        """Whether a page of this session sends the form, by its token, and no other site does."""
        token = request.form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER, "")
        return is_masked(token, session.csrf_token) and not request.is_from_another_site(
            self._sign_in.origin
        )

    def _site(self) -> Site:
        return Site(base=self._sign_in.base_path, ports=self._ports, console=self._console, may=may)

    def _begin_sign_in(self, request: Request) -> Response:
        wanted = request.query.get("to", "/")
        attempt = Attempt.begin(wanted if PAGE.fullmatch(wanted) else "/")
        url = self._sign_in.authorize_url(attempt)
        kept = cookie(ATTEMPT_COOKIE, attempt.seal(), self._sign_in.base_path, PATIENCE)
        return redirect(url, HTTPStatus.FOUND, (kept,))

    def _finish_sign_in(self, request: Request) -> Response:
        base = self._sign_in.base_path
        ended = expired_cookie(ATTEMPT_COOKIE, base)
        try:
            attempt = Attempt.unseal(request.cookie(ATTEMPT_COOKIE))
            username = self._sign_in.finish(attempt, request.query)
        except SignInFailed as error:
            logger.warning("a sign-in to the console failed", extra={"reason": str(error)})
            return message_page(
                self._site(),
                None,
                HTTPStatus.BAD_REQUEST,
                "You are not signed in",
                f"{error} Please sign in again.",
                cookies=(ended,),
            )
        if earlier := request.cookie(SESSION_COOKIE):
            self._console.sessions.remove(session_hash(earlier))
        opened = open_session(self._console, username)
        if opened is None:
            return message_page(
                self._site(),
                None,
                HTTPStatus.FORBIDDEN,
                "Your account has no role yet",
                NO_ROLE,
                cookies=(ended,),
            )
        lifetime = int((opened.session.expires_at - opened.session.created_at).total_seconds())
        kept = cookie(SESSION_COOKIE, opened.id, base, lifetime)
        # The cookie with the destination may come from elsewhere, so it is checked again.
        is_page = PAGE.fullmatch(attempt.destination) and attempt.destination != "/"
        home = f"{base}{attempt.destination}" if is_page else base
        return redirect(home, HTTPStatus.FOUND, (kept, ended))

    def _sign_out(self, request: Request) -> Response:
        ended = expired_cookie(SESSION_COOKIE, self._sign_in.base_path)
        # Without reading the roles again: who has lost them may sign out too.
        session = self._console.sessions.get(session_hash(request.cookie(SESSION_COOKIE)))
        if session is not None:
            if not self._is_from_own_page(request, session):
                return message_page(
                    self._site(), session, HTTPStatus.FORBIDDEN, "The form is not valid", FORGED
                )
            close_session(self._console, session)
        return redirect(self._sign_in.sign_out_url(), cookies=(ended,))

    def _signed_out(self, request: Request) -> Response:
        del request
        return message_page(self._site(), None, HTTPStatus.OK, "You are signed out", "")


FORGED = (
    "It was not sent by a page of this session. Open the page again, and repeat what you wanted"
    " to do. Nothing was changed."
)
NO_SESSION = (
    "Your session has ended. Nothing was changed. Sign in, and repeat what you wanted to do."
)
NO_ROLE = (
    "You have signed in, but you may not see anything. Ask an administrator to add you to one of"
    " the groups support, operator, author or admin, and sign in again."
)

#: The routes that need no session.
_PUBLIC = {
    ("GET", "/sign-in"): Console._begin_sign_in,  # noqa: SLF001 - of this module
    ("GET", "/callback"): Console._finish_sign_in,  # noqa: SLF001
    ("POST", "/sign-out"): Console._sign_out,  # noqa: SLF001
    ("GET", "/bye"): Console._signed_out,  # noqa: SLF001
}


@cache
def console() -> Console:
    """Return this process's console."""
    settings = console_settings()
    sign_in = SignIn(settings, lambda: app_client(settings.user_pool_id, settings.client_name))
    return Console(ports(), console_ports(), sign_in)


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle an API Gateway REST proxy event."""
    return console().handle(event, context)
