"""The token of a session is masked differently on each page, and recognised in every mask."""

import re

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.csrf import is_masked, masked
from tests.builders import World
from tests.console_world import ConsoleWorld

TOKEN = "f4lRjnyPZzB0nPdl8H2yX3m_QF-5XbO9Jx1oYcW0qZk"


def test_a_masked_token_is_recognised_and_never_the_same_twice() -> None:
    texts = {masked(TOKEN) for _ in range(100)}

    assert len(texts) == 100
    assert all(is_masked(text, TOKEN) for text in texts)
    assert not any(TOKEN in text for text in texts)


@pytest.mark.parametrize(
    "text",
    ["", "=", "AA", "AAA=", TOKEN, TOKEN * 2, "QUFB" * 28, "\u00e4" * 86, "A" * 115],
)
def test_another_text_is_not_recognised(text: str) -> None:
    assert not is_masked(text, TOKEN)


def test_a_page_contains_no_token_twice_and_not_the_one_that_is_stored(world: World) -> None:
    site = ConsoleWorld(world)
    browser = site.person(Role.ADMIN)
    pages = [browser.get("/targets").body, browser.get("/targets").body]
    [session] = site.sessions

    tokens = re.findall(r'(?:name="csrf_token" value=|X-CSRF-Token": )"([^"]+)"', "".join(pages))

    assert len(tokens) == len(set(tokens)) >= 6
    assert all(is_masked(token, session.csrf_token) for token in tokens)
    assert session.csrf_token not in "".join(pages)
