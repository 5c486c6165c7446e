"""A conversation with a slow mail server ends in time, and is judged by how far it had come."""

import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from threading import Event
from typing import Any

import pytest

from notification_core.domain.failures import DeliveryFailed, ErrorClass
from notification_core.providers.mail import smtp
from notification_core.providers.mail.smtp import send_by_smtp
from notification_core.providers.time_budget import Budget
from tests.functions.mail_server import MailServer, mail_server

BUDGET = 0.5


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each conversation half a second, and a connection of its own."""
    monkeypatch.setattr(smtp, "Budget", lambda: Budget(BUDGET))
    smtp._kept.connection = None
    yield
    smtp._kept.connection = None


def a_mail(text: str = "Hello") -> EmailMessage:
    """A mail to one recipient."""
    message = EmailMessage()
    message["From"], message["To"] = "me@example.com", "eggs@example.com"
    message.set_content(text)
    return message


class Slow:
    """Makes a mail server wait before what it says at some steps, or say it letter by letter."""

    def __init__(self, server: MailServer, *steps: str, wait: float, drips: bool = False) -> None:
        self.server, self.steps, self.wait, self.drips = server, steps, wait, drips
        self.usual = server.say
        self.over = Event()
        server.say = self.say  # type: ignore[method-assign]

    def say(self, connection: Any, step: str) -> bool:
        """Reply late."""
        slow = step in self.steps
        if slow and self.drips:
            for letter in b"220-" + b"x" * 1000:
                connection.wfile.write(bytes([letter]))
                if self.over.wait(self.wait):
                    break
        elif slow:
            self.over.wait(self.wait)
        return self.usual(connection, step)


def ended(server: MailServer, mail: EmailMessage, budget: float = BUDGET) -> DeliveryFailed:
    """What becomes of it, in time."""
    began = time.monotonic()
    with pytest.raises(DeliveryFailed) as raised:
        send_by_smtp(mail, server.secret())
    assert time.monotonic() - began < budget + 1
    return raised.value


STEPS = ("CONNECT", "EHLO", "AUTH", "FROM", "RCPT", "BEGIN", "DATA")


def test_a_server_that_takes_a_while_at_every_step_is_left_before_the_text() -> None:
    with mail_server() as server:
        slow = Slow(server, *STEPS, wait=BUDGET / 4)

        failure = ended(server, a_mail())

        slow.over.set()
    assert failure.error_class is ErrorClass.TRANSIENT
    assert server.mails == []


@pytest.mark.parametrize("step", STEPS[:-1])
def test_a_server_that_hangs_before_the_text_has_not_taken_it(step: str) -> None:
    with mail_server() as server:
        slow = Slow(server, step, wait=30)

        failure = ended(server, a_mail())

        slow.over.set()
    assert failure.error_class is ErrorClass.TRANSIENT


def test_a_server_that_hangs_after_the_text_may_have_taken_it() -> None:
    with mail_server() as server:
        slow = Slow(server, "DATA", wait=30)

        failure = ended(server, a_mail())

        slow.over.set()
    assert (failure.error_class, failure.code) == (ErrorClass.AMBIGUOUS, "read-timeout")
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("step", "error_class"),
    [("CONNECT", ErrorClass.TRANSIENT), ("DATA", ErrorClass.AMBIGUOUS)],
)
def test_a_server_that_drips_its_reply_gains_no_time_by_it(
    step: str, error_class: ErrorClass
) -> None:
    with mail_server() as server:
        slow = Slow(server, step, wait=0.05, drips=True)

        failure = ended(server, a_mail())

        slow.over.set()
    assert failure.error_class is error_class


def test_a_server_that_does_not_read_the_text_may_have_taken_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "Budget", lambda: Budget(2))  # so much text takes a while to write
    with mail_server() as server:
        over = Event()
        usual = server.say

        def say(connection: Any, step: str) -> bool:
            said = usual(connection, step)
            if step == "BEGIN":
                over.wait(30)
                with suppress(OSError):
                    connection.connection.close()
                return False
            return said

        server.say = say  # type: ignore[method-assign]

        failure = ended(server, a_mail(f"{'x' * 70}\n" * 80_000), 2)

        over.set()
    assert failure.error_class is ErrorClass.AMBIGUOUS


@pytest.mark.parametrize(("step", "rest"), [("NOOP", 0), ("FROM", 10)])
def test_a_kept_connection_that_hangs_is_found_out_in_time(
    step: str, rest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "REST_SECONDS", rest)
    with mail_server() as server:
        send_by_smtp(a_mail(), server.secret())
        slow = Slow(server, step, wait=30)

        failure = ended(server, a_mail())

        slow.over.set()
    assert failure.error_class is ErrorClass.TRANSIENT
    assert len(server.mails) == 1


def test_each_mail_over_a_kept_connection_has_the_whole_time() -> None:
    with mail_server() as server:
        Slow(server, "RCPT", wait=BUDGET / 2)
        for _ in range(3):
            send_by_smtp(a_mail(), server.secret())
    assert len(server.mails) == 3
    assert server.steps.count("CONNECT") == 1
