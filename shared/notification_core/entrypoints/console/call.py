"""One request of one signed-in person: what the function of a page is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from notification_core.domain.attribution import console_person
from notification_core.domain.console_sessions import Session
from notification_core.domain.errors import InvalidInput
from notification_core.entrypoints.console import masking
from notification_core.entrypoints.console.rendering import render
from notification_core.entrypoints.console.request import Request
from notification_core.entrypoints.console.responses import Response, redirect
from notification_core.ports import Ports
from notification_core.ports.console import ConsolePorts

#: The query parameter with the key of a notice, after a change.
NOTICE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The console as a browser reaches it, and what its pages need."""

    base: str  #: the path of the console, such as `/v1/console`
    ports: Ports
    console: ConsolePorts
    may: Callable[[Session, str], bool]  #: whether a session may use the route with this name

    def url(self, path: str, /, **query: Any) -> str:
        """Return the address of a page; parameters that are None are left out.

        The path is not encoded yet.
        """
        given = {name: value for name, value in query.items() if value is not None}
        address = self.base if path == "/" else f"{self.base}{quote(path)}"
        return f"{address}?{urlencode(given)}" if given else address


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that the session's person may make."""

    site: Site
    request: Request
    session: Session
    parameters: Mapping[str, str]  #: of the path
    route: str  #: the name of the route

    @property
    def ports(self) -> Ports:
        """The ports of the use cases."""
        return self.site.ports

    @property
    def console(self) -> ConsolePorts:
        """The ports of the console."""
        return self.site.console

    @property
    def now(self) -> datetime:
        """The current time."""
        return self.site.console.clock()

    @property
    def by(self) -> str:
        """The person, as timelines, jobs and opt-outs name them."""
        return console_person(self.session.name)

    def may(self, route: str) -> bool:
        """Whether the person may use the route with this name."""
        return self.site.may(self.session, route)

    def query(self, name: str) -> str | None:
        """Return a query parameter without spaces around it; None if it is missing or empty."""
        return self.request.query.get(name, "").strip() or None

    def field(self, name: str) -> str:
        """Return a field of the form without spaces around it, or an empty string."""
        return self.request.form.get(name, "").strip()

    def required_query(self, name: str) -> str:
        """Return a query parameter. Raises InvalidInput if it is missing."""
        value = self.query(name)
        if value is None:
            raise InvalidInput.of(name, "is missing in the address of this page")
        return value

    def page(
        self, template: str, title: str, status: int = HTTPStatus.OK, **values: Any
    ) -> Response:
        """Return a page."""
        body = render(
            template,
            title=title,
            url=self.site.url,
            base=self.site.base,
            session=self.session,
            may=self.may,
            route=self.route,
            now=self.now,
            notice=self.request.query.get(NOTICE, ""),
            masked_user=masking.masked_user,
            masked_address=masking.masked_address,
            **values,
        )
        return Response(status=status, body=body)

    def redirect(self, path: str, **query: Any) -> Response:
        """Return a redirect to a page, after a change."""
        return redirect(self.site.url(path, **query))
