"""A person with a browser at the console: cookies, redirects, forms, no scripts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form of a page, with the values that it has when the page opens."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area = ""  # the name of the text area that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and "name" in given and given.get("type") != "checkbox":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.forms[-1].fields[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the first line break, and ends lines by CR and LF.
            text = self.forms[-1].fields[self._area].removeprefix("\n")
            self.forms[-1].fields[self._area] = text.replace("\n", "\r\n")
            self._area = ""


def forms_of(page: httpx.Response) -> list[Form]:
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class Browser:
    """One person with cookies of their own.

    Args:
        url: the console's home page.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(
            timeout=60, trust_env=False, event_hooks={"response": [self._allow_http]}
        )

    def _allow_http(self, response: httpx.Response) -> None:
        """Send Secure cookies over HTTP to this machine too, as browsers do."""
        response.read()
        self.client.cookies.extract_cookies(response)
        for cookie in self.client.cookies.jar:
            cookie.secure = False

    def get(self, path: str = "", *, follow: bool = True, **options: Any) -> httpx.Response:
        """Open a page of the console, or an address."""
        return self.client.get(self._address(path), follow_redirects=follow, **options)

    def post(
        self, path: str, fields: Mapping[str, str], *, follow: bool = True, **options: Any
    ) -> httpx.Response:
        """Send a form."""
        address = self._address(path)
        return self.client.post(address, data=fields, follow_redirects=follow, **options)

    def submit(
        self, page: httpx.Response, action: str, /, *, follow: bool = True, **fields: str
    ) -> httpx.Response:
        """Send the form of a page whose action ends like this, with changed fields."""
        [form, *_] = [form for form in forms_of(page) if form.action.endswith(action)]
        url = urljoin(str(page.url), unescape(form.action))
        return self.client.post(url, data=form.fields | fields, follow_redirects=follow)

    def sign_in(self, user: str, password: str) -> httpx.Response:
        """Sign in at the user pool; return the page after it."""
        return self.sign_in_on(self.get(), user, password)

    def sign_in_on(self, page: httpx.Response, user: str, password: str) -> httpx.Response:
        """Fill in the sign-in page; return the page after it."""
        [form] = forms_of(page)
        url = urljoin(str(page.url), unescape(form.action))
        return self.client.post(
            url,
            data=form.fields | {"username": user, "password": password},
            follow_redirects=True,
        )

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.url}{path}"


def title_of(page: httpx.Response) -> str:
    """Return the main heading of a page as text."""
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    assert heading is not None, page.text[:500]
    return unescape(re.sub(r"<[^>]+>", "", heading[1])).strip()
