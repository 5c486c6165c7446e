"""The console over the world in memory, and a browser for it."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from notification_core.adapters.cognito import AppClient
from notification_core.adapters.memory.console import (
    MemoryAlarms,
    MemoryAuditLog,
    MemoryDirectory,
    MemorySessions,
)
from notification_core.domain.audit import AuditEntry
from notification_core.domain.console_sessions import Person, Role, Session
from notification_core.domain.failures import Rejected
from notification_core.domain.jobs import JobState
from notification_core.domain.notification import Notification
from notification_core.entrypoints.console.app import CSRF_FIELD, SESSION_COOKIE, Console
from notification_core.entrypoints.console.csrf import masked
from notification_core.entrypoints.console.settings import ConsoleSettings
from notification_core.entrypoints.console.sign_in import SignIn
from notification_core.ports.console import ConsolePorts
from notification_core.usecases.console.sessions import OpenedSession, open_session
from notification_core.usecases.sending.redrive import step
from tests.builders import World
from tests.usecases.steps import claimed, stored

BASE = "/v1/console"
CLIENT = AppClient(
    "client",
    "secret",
    f"https://api.example.com{BASE}/callback",
    f"https://api.example.com{BASE}/bye",
)
SETTINGS = ConsoleSettings(
    user_pool_id="eu-central-1_abc",
    client_name="console",
    oauth_url="https://people.auth.example.com",
    keys_url="https://keys.example.com",
    issuer="https://keys.example.com/eu-central-1_abc",
)


def console_ports(world: World) -> ConsolePorts:
    """The ports of the console, with the clock of the world."""
    return ConsolePorts(
        sessions=MemorySessions(),
        audit_log=MemoryAuditLog(),
        directory=MemoryDirectory(),
        alarms=MemoryAlarms(),
        clock=world.watch,
    )


def add_person(console: ConsolePorts, *roles: Role, username: str = "ada") -> Person:
    """Add somebody to the user pool."""
    person = Person(username, f"{username}@example.com", frozenset(roles))
    assert isinstance(console.directory, MemoryDirectory)
    console.directory.people[username] = person
    return person


def opened(console: ConsolePorts, *roles: Role, username: str = "ada") -> OpenedSession:
    """Sign somebody in."""
    session = open_session(console, add_person(console, *roles, username=username).username)
    assert session is not None
    return session


def failed(world: World, code: str = "30005", **changes: Any) -> Notification:
    """A notification that a provider has rejected."""
    now = world.watch()
    ended = claimed(world, stored(world, **changes)).failed(now, Rejected(code, f"text of {code}"))
    world.notifications.stored[ended.id] = ended
    return ended


@dataclass(frozen=True)
class Page:
    """A response of the console."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    body: str

    @property
    def location(self) -> str:
        """Where it redirects to, without the query."""
        return self.headers["Location"].partition("?")[0].removeprefix(BASE)


@dataclass
class Browser:
    """A browser with one session, or without one."""

    app: Console
    session_id: str = ""
    csrf_token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(
        self, path: str = "/", headers: Mapping[str, str] | None = None, /, **query: str
    ) -> Page:
        """Open a page."""
        return self.send("GET", path, query, "", headers or {})

    def post(
        self,
        path: str,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        /,
        **fields: str,
    ) -> Page:
        """Send a form, with the token of the session or another."""
        given = {CSRF_FIELD: self.csrf_token if token is None else token} | fields
        return self.send("POST", path, {}, urlencode(given), headers or {})

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: str,
        headers: Mapping[str, str],
    ) -> Page:
        event = proxy_event(
            method, path, query, body, {**self.headers, **self._cookies(), **headers}
        )
        answer = self.app.handle(event, None)
        cookies = answer["multiValueHeaders"].get("Set-Cookie", [])
        return Page(answer["statusCode"], answer["headers"], cookies, answer["body"])

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self.session_id}"} if self.session_id else {}


def proxy_event(
    method: str,
    path: str,
    query: Mapping[str, str],
    body: str,
    headers: Mapping[str, str],
    *,
    encoded: bool = False,
) -> dict[str, Any]:
    """Return a REST proxy event of API Gateway."""
    return {
        "httpMethod": method,
        "path": f"/console{path}",
        "pathParameters": {"proxy": path.removeprefix("/")} if path != "/" else None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
        "requestContext": {},
    }


def text_of(page: Page) -> str:
    """The text of a page, without its tags."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.body).split()))


def finish(world: World, job_id: str) -> None:
    """Run a job to its end."""
    while (job := world.jobs.get(job_id)) is not None and job.state is JobState.RUNNING:
        world.jobs.put(step(world.ports, job))


@dataclass
class ConsoleWorld:
    """The console over a world."""

    world: World

    def __post_init__(self) -> None:
        self.ports = console_ports(self.world)
        self.sign_in = SignIn(SETTINGS, lambda: CLIENT)
        self.app = Console(self.world.ports, self.ports, self.sign_in)

    def stranger(self) -> Browser:
        """A browser without a session."""
        return Browser(self.app)

    def person(self, *roles: Role, username: str = "ada") -> Browser:
        """A browser of somebody who has signed in."""
        session = opened(self.ports, *roles, username=username)
        return Browser(self.app, session.id, masked(session.session.csrf_token))

    @property
    def sessions(self) -> list[Session]:
        """What is stored of sessions."""
        assert isinstance(self.ports.sessions, MemorySessions)
        return list(self.ports.sessions.stored.values())

    @property
    def audit(self) -> list[AuditEntry]:
        """The audit log, oldest first."""
        assert isinstance(self.ports.audit_log, MemoryAuditLog)
        return list(self.ports.audit_log.stored.values())


def is_paused(world: World) -> bool:
    """Whether the module of the world is paused."""
    module = world.modules.get("pigeon")
    return module is not None and module.pause is not None
