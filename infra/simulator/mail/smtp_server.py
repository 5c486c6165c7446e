"""A mail server: the local part of an address determines the reply to RCPT or to DATA."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import make_msgid
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.simulator.mail import mime, smtp_replies
from infra.simulator.outcomes import Action, Outcome, Target, find
from infra.simulator.scripted_reply import effective, latency
from infra.simulator.settings import HOST
from infra.simulator.state import Simulator


@dataclass(frozen=True)  # with slots aiosmtpd cannot inspect it on Python 3.11.2
class Mailbox:
    """aiosmtpd's handler for the steps of an SMTP session."""

    simulator: Simulator

    async def handle_MAIL(  # noqa: N802 - a name that aiosmtpd requires
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or reject the sender."""
        outcome = find(Target.EMAIL, address)
        if outcome.action is Action.ERROR:
            self.simulator.log(Target.EMAIL, "", outcome.action, int(outcome.value), sender=address)
            return smtp_replies.to_sender(outcome.value)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return smtp_replies.OK

    async def handle_RCPT(  # noqa: N802 - a name that aiosmtpd requires
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or reject one recipient."""
        outcome = find(Target.EMAIL, address)
        outcome = effective(self.simulator, Target.EMAIL, address, outcome)
        reply = _reply(outcome)
        if reply != smtp_replies.OK or outcome.action is Action.DROP:
            status = None if outcome.action is Action.DROP else int(reply[:3])
            self.simulator.log(Target.EMAIL, address, outcome.action, status)
        if outcome.action is Action.DROP:
            await _cut(server)
        if reply == smtp_replies.OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(  # noqa: N802 - a name that aiosmtpd requires
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Accept the mail, unless a recipient's local part requires another outcome."""
        await latency(self.simulator)
        to, outcome = _first(envelope.rcpt_tos)
        if outcome.action is Action.DATA:
            for address in envelope.rcpt_tos:
                self.simulator.log(Target.EMAIL, address, outcome.action, int(outcome.value))
            return smtp_replies.to_data(outcome.value, to)
        if outcome.action is Action.SLOW:
            await asyncio.sleep(int(outcome.value) / 1000)
        self._deliver(envelope, outcome.action)
        if outcome.action is Action.CUT:
            await _cut(server)
        if outcome.action is Action.HANG:
            await asyncio.sleep(int(outcome.value))
        return smtp_replies.OK

    def _deliver(self, envelope: Envelope, action: Action) -> None:
        mail = mime.Mail(cast("bytes", envelope.content))
        message_id = mail.header("Message-ID") or make_msgid()
        status = None if action is Action.CUT else int(smtp_replies.OK[:3])
        for address in envelope.rcpt_tos:
            unread = mime.Unread(
                mail=mail, to=address, message_id=message_id, sender=envelope.mail_from or ""
            )
            self.simulator.deliver(unread)
            self.simulator.log(Target.EMAIL, address, action, status)


async def listen(simulator: Simulator, port: int) -> asyncio.Server:
    """Start the mail server on the running loop."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(simulator)

    def conversation() -> SMTP:
        return SMTP(
            mailbox,
            enable_SMTPUTF8=True,
            hostname="localhost",
            loop=loop,
            authenticator=_login,
            auth_require_tls=False,
        )

    return await loop.create_server(conversation, HOST, port)


def _login(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
) -> AuthResult:
    refusal = smtp_replies.LOGIN.get(given.login.decode(errors="replace"))
    return AuthResult(success=refusal is None, handled=False, message=refusal)


def _reply(outcome: Outcome) -> str:
    match outcome.action:
        case Action.ERROR:
            return smtp_replies.to_recipient(outcome.value)
        case Action.FAIL:
            return smtp_replies.BUSY
        case Action.THROTTLE:
            return smtp_replies.THROTTLED
        case _:
            return smtp_replies.OK


def _first(recipients: Sequence[str]) -> tuple[str, Outcome]:
    """Return the first recipient whose outcome applies to the whole mail, and that outcome."""
    whole = {Action.DATA, Action.SLOW, Action.HANG, Action.CUT}
    outcomes = ((address, find(Target.EMAIL, address)) for address in recipients)
    return next((pair for pair in outcomes if pair[1].action in whole), ("", Outcome(Action.OK)))


async def _cut(server: SMTP) -> None:
    """Close the connection; aiosmtpd then cancels the session, including this wait."""
    cast("asyncio.WriteTransport", server.transport).abort()
    await asyncio.get_running_loop().create_future()
