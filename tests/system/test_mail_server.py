"""E-mail through a mail server, as `make up EMAIL=smtp` deploys it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.__main__ import parse, stack_of
from tests.system.conftest import System

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def by_smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A stack of its own, as the command brings it up."""
    root = Path(tmp_path_factory.mktemp("smtp"))
    stack = stack_of(parse(["--state", str(root), "up", "--email", "smtp"]))
    try:
        yield System(stack.up(), stack)
    finally:
        stack.down()


def test_a_mail_goes_through_the_mail_server_out_of_the_box(by_smtp: System, user: str) -> None:
    by_smtp.register(user, "Email", f"{user}@example.com")

    done = by_smtp.ended(by_smtp.notify(user=user, title="Grüße")[0])

    [mail] = by_smtp.inbox(f"{user}@example.com")
    assert (done["status"], done["confirmation"]) == ("DELIVERED", None)
    assert (mail["title"], mail["body"].strip()) == ("Grüße", "There")
    assert mail["provider_message_id"] == done["provider_message_id"]
    assert by_smtp.target("Email")["pause"] is None
