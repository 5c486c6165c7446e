"""How the simulator reads a mail: quickly what nobody looks at, fully what somebody does."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from infra.simulator.mail.mime import Mail, Unread


def written(subject: str = "Your table", html: str = "") -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Sender <s@example.com>", "r@example.com", subject
    mail["List-Unsubscribe"] = f"<https://example.com/{'x' * 120}>"
    mail["Message-ID"] = "<one@example.com>"
    mail.set_content("It is ready.\n")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "subject", ["Your table", "Your table " * 20, "Grüße", "Ω" * 80, "=?x?=", ""]
)
def test_headers_agree_with_the_full_parser(subject: str) -> None:
    raw = written(subject)
    full = message_from_bytes(raw, policy=default)

    assert Mail(raw).headers == [(name, str(value)) for name, value in full.items()]
    assert Mail(raw).header("subject") == str(full["Subject"])


def test_a_missing_header_of_a_mail_is_empty() -> None:
    assert Mail(written()).header("Reply-To") == ""


def test_a_mail_that_is_read_in_full_has_its_texts() -> None:
    mail = Mail(written(html="<p>It is ready.</p>"))

    item = Unread(mail=mail, to="r@example.com", message_id="1", sender="s@example.com").read()

    assert (item["title"], item["body"]) == ("Your table", "It is ready.\n")
    assert item["html"] == "<p>It is ready.</p>\n"
    assert (item["at"], item["to"]) == (mail.at, "r@example.com")
    assert item["extra"]["headers"]["Message-ID"] == "<one@example.com>"
