"""People at the console of the deployed stack: those with each role, and those who lost theirs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from notification_core.domain.console_sessions import Role
from tests.system.conftest import System
from tests.system.console_browser import Browser, forms_of


@dataclass
class Person:
    """Somebody with a browser, which keeps every response of the console."""

    browser: Browser
    responses: list[httpx.Response]

    @property
    def cookie(self) -> str:
        """The id of the session."""
        return str(self.browser.client.cookies["console_session"])

    @property
    def token(self) -> str:
        """The CSRF token of the session."""
        return next(
            form.fields["csrf_token"]
            for form in forms_of(self.browser.get())
            if "csrf_token" in form.fields
        )

    def post(self, path: str, fields: Mapping[str, str], **options: Any) -> httpx.Response:
        """Send a form with the token of the session, without following a redirect."""
        given = {"csrf_token": self.token, **fields}
        return self.browser.post(path, given, follow=False, **options)


def recording(system: System) -> Person:
    """Return a browser that keeps every response of the console."""
    browser = Browser(system.access["console_url"])
    responses: list[httpx.Response] = []

    def keep(response: httpx.Response) -> None:
        if str(response.request.url).startswith(browser.url):
            responses.append(response)

    browser.client.event_hooks["response"].append(keep)
    return Person(browser, responses)


@dataclass
class Pool:
    """The user pool, as an administrator of AWS changes it."""

    system: System

    def __post_init__(self) -> None:
        self.client = self.system.client("cognito-idp")
        self.id = self.system.access["outputs"]["UserPoolId"]
        self.password = self.system.access["console_password"]

    def add(self, *groups: str, name: str | None = None) -> str:
        """Add a user to some groups; return what they sign in with."""
        name = name or f"driver-{uuid4()}@example.com"
        whom = {"UserPoolId": self.id, "Username": name}
        self.client.admin_create_user(
            **whom,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": name}],
        )
        self.client.admin_set_user_password(**whom, Password=self.password, Permanent=True)
        for group in groups:
            self.client.admin_add_user_to_group(**whom, GroupName=group)
        return name

    def remove_from_group(self, name: str, group: str) -> None:
        """Remove a user from a group."""
        self.client.admin_remove_user_from_group(UserPoolId=self.id, Username=name, GroupName=group)

    def disable(self, name: str) -> None:
        """Disable a user."""
        self.client.admin_disable_user(UserPoolId=self.id, Username=name)

    def sign_in(self, name: str) -> Person:
        """Return the browser of a user who has signed in, or has tried to."""
        person = recording(self.system)
        person.browser.sign_in(name, self.password)
        return person


@contextmanager
def people_by_role(system: System) -> Iterator[dict[Role, Person]]:
    """A person of each role, signed in."""
    pool = Pool(system)
    people = {role: pool.sign_in(f"{role}@example.com") for role in Role}
    try:
        yield people
    finally:
        for person in people.values():
            person.browser.client.close()
