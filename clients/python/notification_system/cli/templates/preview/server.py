"""The server of the preview, for the browser of this machine."""

import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notification_system.cli.errors import CliError
from notification_system.cli.templates.preview.emails import Emails
from notification_system.cli.templates.preview.messages import Messages, state_of
from notification_system.cli.templates.preview.watcher import Watcher
from notification_system.cli.templates.workspace import Workspace

#: The files of the page, with their types.
FILES = {
    "index.html": "text/html",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(("base.css", "channels.css"), "text/css"),
    **dict.fromkeys(
        ("app.js", "dom.js", "email.js", "locale.js", "push.js", "side.js", "sms.js"),
        "text/javascript",
    ),
}

#: The page runs its own scripts only, and loads nothing from elsewhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

#: An e-mail runs no scripts, submits no forms, and loads only images. Its `base` opens links in a
#: tab of their own.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:;"
    " form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)

#: The longest data, in bytes of JSON.
MAX_BODY = 1_000_000

#: Seconds after which a browser hears that nothing has changed.
KEEP_ALIVE = 15.0


class PreviewServer(ThreadingHTTPServer):
    """Serves the preview of a folder of templates on a free port of the loopback interface."""

    daemon_threads = True
    # A browser that closes its stream of events is no error.
    block_on_close = False

    def __init__(self, workspace: Workspace, watcher: Watcher, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.workspace = workspace
        self.watcher = watcher
        self.emails = Emails()
        self.messages = Messages(workspace, self.emails)

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.server_port}/"

    def is_own(self, host: str, site: str) -> bool:
        """Whether a request comes from the page itself or from the user.

        The name of the host keeps other sites out that let their own name lead to this machine
        (DNS rebinding).

        Args:
            host: the header Host.
            site: the header Sec-Fetch-Site; browsers set it and scripts cannot.
        """
        hosts = {f"127.0.0.1:{self.server_port}", f"localhost:{self.server_port}"}
        return host in hosts and site in {"", "none", "same-origin"}


class _Handler(BaseHTTPRequestHandler):
    server: PreviewServer
    server_version = "notify"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, *_: Any) -> None:
        """Log nothing: the terminal shows the address only."""

    def _answer(self, answer: Callable[[], None]) -> None:
        site = self.headers.get("Sec-Fetch-Site", "")
        try:
            if self.server.is_own(self.headers.get("Host", ""), site):
                answer()
            else:
                self._send(HTTPStatus.FORBIDDEN, "text/plain", b"Open the printed address.\n")
        except CliError as error:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", f"{error.message}\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 - the page shows it, and the server goes on
            message = f"The preview failed: {type(error).__name__}: {error}\n"
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", message.encode())

    def _get(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/state":
            self._send_json(state_of(self.server.workspace, query.get("template", "")))
        elif url.path == "/events":
            self._send_events()
        elif page := self.server.emails.page(url.path, query.get("scheme", "light")):
            self._send(HTTPStatus.OK, "text/html", page.encode(), EMAIL_POLICY)
        else:
            self._send_file(url.path.removeprefix("/") or "index.html")

    def _post(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != "/render" or self.headers.get_content_type() != "application/json":
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"Not found.\n")
        elif size > MAX_BODY:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", b"Too long.\n")
        else:
            request = json.loads(self.rfile.read(size))
            self._send_json(self.server.messages.render(request["template"], request["data"]))

    def _send_file(self, name: str) -> None:
        if name not in FILES:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"Not found.\n")
            return
        content = resources.files(__package__).joinpath("page", name).read_bytes()
        self._send(HTTPStatus.OK, FILES[name], content)

    def _send_json(self, value: Any) -> None:
        self._send(HTTPStatus.OK, "application/json", json.dumps(value).encode())

    def _send(
        self, status: HTTPStatus, kind: str, content: bytes, policy: str = PAGE_POLICY
    ) -> None:
        self._send_head(status, kind, policy)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_head(self, status: HTTPStatus, kind: str, policy: str = PAGE_POLICY) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")

    def _send_events(self) -> None:
        """Send an event after each change, until the browser or the program ends."""
        self._send_head(HTTPStatus.OK, "text/event-stream")
        self.end_headers()
        watcher = self.server.watcher
        revision = watcher.revision
        self.wfile.write(b": watching\n\n")
        while not watcher.stopped:
            current = watcher.wait(revision, KEEP_ALIVE)
            event = b": nothing new\n\n" if current == revision else b"event: changed\ndata:\n\n"
            self.wfile.write(event)
            revision = current
