"""The mail server that all systems send to: it accepts every mail and logs its time.

A file contains the milliseconds that it waits before it answers the text of a mail. The time of a
mail is logged before that wait, when its text is complete. From then on the server has the mail,
whether or not the sender receives the answer.
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
    """aiosmtpd's handler for mails.

    Args:
        log: a file descriptor; each mail adds a line, `seconds since 1970, blank, recipient`.
        latency: the file with the latency in milliseconds.
    """

    log: int
    latency: Path

    async def handle_DATA(  # noqa: N802 - a name that aiosmtpd requires
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Log the mail, wait, accept it."""
        moment = time.time()
        lines = "".join(f"{moment:.6f} {address}\n" for address in envelope.rcpt_tos)
        os.write(self.log, lines.encode())
        await asyncio.sleep(int(self.latency.read_text()) / 1000)
        return "250 2.0.0 OK"


async def serve(log: Path, latency: Path) -> None:
    """Serve until cancelled; print one line of JSON, `{"port"}`, when ready."""
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
    parser.add_argument(
        "--log", type=Path, required=True, help="file to which each mail adds a line"
    )
    parser.add_argument(
        "--latency", type=Path, required=True, help="file with the latency in milliseconds"
    )
    options = parser.parse_args()
    asyncio.run(serve(options.log, options.latency))


if __name__ == "__main__":
    main()
