"""The e-mails of Django, such as password resets, through the notification system."""

import logging
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import linebreaks, urlize

from notification_system.django.conf import AppSettings, app_settings, user_id
from notification_system.django.connection import client
from notification_system.errors import NoActiveRecords, NotificationSystemError, SendInterrupted
from notification_system.requests import NewNotification, Recipient

logger = logging.getLogger("notification_system.django")

#: The longest text part that the API accepts beside an HTML part.
LONGEST_TEXT = 30_000
#: The longest display name of a sender that the API accepts.
LONGEST_NAME = 64


class UnsupportedEmail(NotificationSystemError):
    """An e-mail has something that the notification system cannot send; nothing was sent."""


class EmailBackend(BaseEmailBackend):
    """Sends each e-mail to its recipients as notifications of `EMAIL_CATEGORY`.

    Setting: `EMAIL_BACKEND = "notification_system.django.EmailBackend"`, and from Django 6.1 on the
    `BACKEND` of one of the `MAILERS`. `send_mail` returns when the API has accepted the e-mail; the
    system then delivers it with its retries.

    Raises:
        UnsupportedEmail: see `check`. It is raised also with `fail_silently`.
        NotificationSystemError: the API refused the e-mail or could not be reached, unless
            `fail_silently` is true.
    """

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - Django's signature
        super().__init__(**options)
        self.fail_silently = fail_silently  # the base class no longer does this from Django 6.1 on

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send the e-mails; return the number of those that were accepted for a recipient.

        A recipient whose address was switched off, such as after a bounce, is logged and left out.
        """
        messages = [notifications_of(message) for message in email_messages if message.recipients()]
        sent = 0
        for items in messages:
            try:
                sent += _send(items)
            except NotificationSystemError:
                if not self.fail_silently:
                    raise
        return sent


def _send(items: Sequence[NewNotification]) -> bool:
    """Send an e-mail to each recipient; return whether one of them gets it."""
    try:
        results = client().send_many(items)
    except SendInterrupted as interrupted:
        raise interrupted.__cause__ or interrupted from None
    errors = [result.error for result in results if result.error is not None]
    for error in errors:
        if not isinstance(error, NoActiveRecords):
            raise error
        logger.warning("An e-mail was not sent, because its address is switched off: %s", error)
    return len(errors) < len(items)


def notifications_of(message: EmailMessage) -> list[NewNotification]:
    """Return a notification for each recipient of an e-mail. Raises UnsupportedEmail."""
    check(message)
    configured = app_settings()
    body, extra = _parts_of(message)
    if message.reply_to:
        extra["reply_to"] = parseaddr(str(message.reply_to[0]))[1]
    if name := _sender_name(message):
        extra["from_name"] = name
    addresses = dict.fromkeys(parseaddr(str(recipient))[1] for recipient in message.to)
    return [
        NewNotification(
            to=[_recipient(address, configured)],
            title=" ".join(str(message.subject).split()),
            body=body,
            extra=extra or None,
            category=configured.email_category,
        )
        for address in addresses
    ]


def _parts_of(message: EmailMessage) -> tuple[str, dict[str, str]]:
    """Return the body, and the text part if it is not to be derived from the body."""
    html, text = _html_of(message), str(message.body)
    if message.content_subtype == "html" or (html is None and "<" not in text):
        return text, {}
    if html is not None:
        if len(text) > LONGEST_TEXT:
            raise UnsupportedEmail(
                f"The text part has more than {LONGEST_TEXT:,} characters. "
                "Shorten it, or send only HTML."
            )
        return html, {"text": text} if text else {}
    # A text with `<` would be taken for HTML, so it gets an HTML part that looks the same. If it is
    # too long, such as the report of a failed page to the admins, the system derives it from there.
    body = linebreaks(urlize(text, autoescape=True))
    return body, {"text": text} if len(text) <= LONGEST_TEXT else {}


def check(message: EmailMessage) -> None:
    """Check that the system can send an e-mail as it is.

    Raises:
        UnsupportedEmail: it has cc, bcc, attachments, several reply-to addresses, headers,
            alternatives other than one HTML part, or another sender than the system's.
    """
    faults = {
        "cc": (message.cc, "List the addresses in `to`: each gets an e-mail of its own."),
        "bcc": (message.bcc, "List the addresses in `to`: each gets an e-mail of its own."),
        "attachments": (message.attachments, "Put the file on a page, and send its link."),
        "headers": (message.extra_headers, "Remove them; `reply_to` is supported."),
        "several reply_to": (message.reply_to[1:], "Name one address."),
        "alternatives": (_other_alternatives(message), "Attach at most one, of type text/html."),
    }
    for name, (value, remedy) in faults.items():
        if value:
            raise UnsupportedEmail(
                f"The notification system does not send {name}. {remedy} To send this e-mail by "
                "another backend, pass connection=get_connection(...), or from Django 6.1 on "
                "using=... with one of the MAILERS."
            )
    sender = parseaddr(str(message.from_email))[1]
    own = {
        parseaddr(address)[1] for address in (settings.DEFAULT_FROM_EMAIL, settings.SERVER_EMAIL)
    }
    if sender not in own:
        raise UnsupportedEmail(
            f"The notification system sends from its own address, not from {sender}. Leave out "
            "from_email, and pass reply_to if answers should go there."
        )


def _sender_name(message: EmailMessage) -> str:
    """Return the sender's display name; empty for the name of the deployment."""
    name = " ".join(parseaddr(str(message.from_email))[0].split())
    return name if len(name) <= LONGEST_NAME else ""


def _html_of(message: EmailMessage) -> str | None:
    alternatives = list(getattr(message, "alternatives", None) or ())
    return str(alternatives[0][0]) if alternatives else None


def _other_alternatives(message: EmailMessage) -> list[Any]:
    alternatives = list(getattr(message, "alternatives", None) or ())
    if message.content_subtype == "html":
        return alternatives
    return alternatives[1:] or [part for part in alternatives if part[1] != "text/html"]


def _recipient(address: str, configured: AppSettings) -> Recipient:
    """Return the recipient: the one user of this project that has the address, if there is one.

    The user's export and the admin then have the e-mail, and an erasure removes it.
    """
    recipient = Recipient(target=configured.email_target, address=address)
    source = configured.addresses.get(configured.email_target)
    user_model: Any = get_user_model()
    if isinstance(source, str) and "." not in source:
        try:
            user_model._meta.get_field(source.split("__")[0])  # noqa: SLF001 - documented
        except FieldDoesNotExist:  # a property
            return recipient
        users = list(user_model._base_manager.filter(**{f"{source}__iexact": address})[:2])  # noqa: SLF001
        if len(users) == 1:
            recipient["user"] = user_id(users[0])
    return recipient
