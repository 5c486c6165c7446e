"""A mail server: the reply to RCPT or the end of DATA is scripted by the local part."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default as modern
from email.utils import make_msgid
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.simulator.outcomes import Action, Outcome, Target, find
from infra.simulator.play import effective, latency
from infra.simulator.settings import HOST
from infra.simulator.state import Item, Simulator, now

_OK = "250 OK"
_BUSY = "451 4.3.0 Try again later"
_THROTTLED = "454 4.7.0 Throttling failure: Maximum sending rate exceeded"


@dataclass(frozen=True)  # with slots aiosmtpd cannot inspect it on Python 3.11.2
class Mailbox:
    """What aiosmtpd calls at each step of a conversation."""

    simulator: Simulator

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks the name up
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        outcome = find(Target.EMAIL, address)
        outcome = effective(self.simulator, Target.EMAIL, address, outcome)
        reply = _reply(outcome)
        if reply != _OK or outcome.action is Action.DROP:
            status = None if outcome.action is Action.DROP else int(reply[:3])
            self.simulator.log(Target.EMAIL, address, outcome.action, status)
        if outcome.action is Action.DROP:
            await _cut(server)
        if reply == _OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the name up
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take the mail, unless a recipient's local part asks for something slower."""
        await latency(self.simulator)
        outcome = _first(envelope.rcpt_tos)
        if outcome.action is Action.SLOW:
            await asyncio.sleep(int(outcome.value) / 1000)
        self._deliver(envelope, outcome.action)
        if outcome.action is Action.CUT:
            await _cut(server)
        if outcome.action is Action.HANG:
            await asyncio.sleep(int(outcome.value))
        return _OK

    def _deliver(self, envelope: Envelope, action: Action) -> None:
        mail = message_from_bytes(cast("bytes", envelope.content), policy=modern)
        message_id = str(mail["Message-ID"] or make_msgid()).strip("<> ")
        status = None if action is Action.CUT else int(_OK[:3])
        for address in envelope.rcpt_tos:
            self.simulator.deliver(_item(mail, address, message_id, envelope.mail_from or ""))
            self.simulator.log(Target.EMAIL, address, action, status)


async def listen(simulator: Simulator, port: int) -> asyncio.Server:
    """Start the mail server on the running loop."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(simulator)

    def conversation() -> SMTP:
        return SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost", loop=loop)

    return await loop.create_server(conversation, HOST, port)


def _reply(outcome: Outcome) -> str:
    match outcome.action:
        case Action.ERROR:
            return f"{outcome.value} {outcome.value[0]}.0.0 Scripted by the recipient"
        case Action.FAIL:
            return _BUSY
        case Action.THROTTLE:
            return _THROTTLED
        case _:
            return _OK


def _first(recipients: Sequence[str]) -> Outcome:
    """Return the first outcome that is for the whole mail."""
    whole = {Action.SLOW, Action.HANG, Action.CUT}
    outcomes = (find(Target.EMAIL, address) for address in recipients)
    return next((o for o in outcomes if o.action in whole), Outcome(Action.OK))


async def _cut(server: SMTP) -> None:
    """Close the connection; aiosmtpd then cancels the conversation, and this wait with it."""
    cast("asyncio.WriteTransport", server.transport).abort()
    await asyncio.get_running_loop().create_future()


def _item(mail: EmailMessage, to: str, message_id: str, sender: str) -> Item:
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    item: Item = {
        "target": Target.EMAIL,
        "to": to,
        "title": str(mail["Subject"] or ""),
        "body": _content(text),
        "at": now(),
        "provider_message_id": message_id,
        "extra": {"from": sender, "headers": {k: str(v) for k, v in mail.items()}},
    }
    return {**item, "html": _content(html)} if html else item


def _content(part: MIMEPart | None) -> str:
    """Return the text of a part with the line ends it had before SMTP."""
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
