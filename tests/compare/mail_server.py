"""The one mail server that all systems send to: it takes every mail, and notes when.

A file says for how many milliseconds it waits before it answers the text of a mail. The moment of a
mail is noted before that wait, when its text is complete: from then on the mail is the server's,
whatever its sender learns of it.
"""

import argparse
import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)  # with slots aiosmtpd cannot inspect it on Python 3.11.2
class Mailbox:
    """What aiosmtpd calls for each mail.

    Args:
        log: a file descriptor; each mail adds a line, `seconds since 1970, blank, recipient`.
        latency: holds a number of milliseconds.
    """

    log: int
    latency: Path

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the name up
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Note the mail, wait, take it."""
        moment = time.time()
        lines = "".join(f"{moment:.6f} {address}\n" for address in envelope.rcpt_tos)
        os.write(self.log, lines.encode())
        await asyncio.sleep(int(self.latency.read_text()) / 1000)
        return "250 2.0.0 OK"


async def serve(log: Path, latency: Path) -> None:
    """Serve until cancelled; prints one line of JSON, `{"port"}`, when ready."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), latency)

    def conversation() -> SMTP:
        return SMTP(mailbox, hostname="localhost", loop=loop)

    server = await loop.create_server(conversation, HOST, 0, backlog=256)
    async with server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await server.serve_forever()


def main() -> None:
    """Run the server until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.compare.mail_server")
    parser.add_argument("--log", type=Path, required=True, help="where each mail adds a line")
    parser.add_argument("--latency", type=Path, required=True, help="holds the milliseconds")
    options = parser.parse_args()
    asyncio.run(serve(options.log, options.latency))


if __name__ == "__main__":
    main()
