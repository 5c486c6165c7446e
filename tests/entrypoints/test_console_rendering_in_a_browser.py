"""No text of a caller, a recipient or a provider becomes markup, as Chromium reads the pages."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest

from infra.local.layout import PROJECT
from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.app import Console
from tests.browser.chromium import PYTHON
from tests.builders import World
from tests.console_world import BASE, proxy_event
from tests.entrypoints.console_cast import cast
from tests.entrypoints.test_console_rendering import INJECTIONS


@contextmanager
def served(app: Console) -> Iterator[str]:
    """Serve a console to this machine; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        """Passes requests on as API Gateway does."""

        def do_GET(self) -> None:
            """Answer with the console's headers."""
            url = urlsplit(self.path)
            path = unquote(url.path.removeprefix(BASE)) or "/"
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            answer = app.handle(proxy_event("GET", path, query, "", dict(self.headers)), None)
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BASE}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("text", INJECTIONS[1:3] + INJECTIONS[4:5])
def test_a_text_in_any_field_stays_text_in_chromium(world: World, text: str, chromium: str) -> None:
    shown = cast(world, text)
    browser = shown.site.person(Role.ADMIN, username="ada")
    for notification in (shown.failed, shown.waiting):
        browser.post(f"/notifications/{notification.id}/unmask", reason=text)
    browser.post("/user/unmask", of=shown.failed.id, reason=text)

    with served(shown.site.app) as url:
        addresses = [
            f"{url}{path.removesuffix('/')}?{urlencode(query)}" for path, query in shown.pages()
        ]
        addresses.append(f"{url}/find?{urlencode({'q': text})}")
        checked = subprocess.run(
            [PYTHON, PROJECT / "tests/browser/foreign_markup.py", chromium, browser.session_id],
            input=json.dumps(addresses),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout) == []
