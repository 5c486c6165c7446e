"""A mail server that says what a test tells it to, at any step of the conversation."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

#: In place of a reply: hang up.
CUT = ""

#: The step that each command begins; the text of the mail is one of its own, DATA.
STEPS = {"EHLO": "EHLO", "AUTH": "AUTH", "MAIL": "FROM", "RCPT": "RCPT", "DATA": "BEGIN"}

USUAL = {
    "CONNECT": "220 ready",
    "EHLO": "250-here\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "BEGIN": "354 go on",
    "STARTTLS": "502 no",
}


@dataclass
class MailServer:
    """Where it listens, what it says otherwise than usual, and what it was given."""

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def secret(self, **more: Any) -> dict[str, Any]:
        """What a function must know to reach it."""
        login = {"username": "me", "password": "secret"}
        return {"host": "127.0.0.1", "port": self.port, "security": "none", **login, **more}

    def converse(self, connection: StreamRequestHandler) -> None:
        """Hold one conversation, to its end."""
        if not self.say(connection, "CONNECT"):
            return
        for line in connection.rfile:
            step = STEPS.get(line[:4].decode().upper(), line.split()[0].decode().upper())
            if not self.say(connection, step):
                return
            if step == "BEGIN" and self.replies.get(step, "354").startswith("354"):
                self.mails.append(b"".join(iter(connection.rfile.readline, b".\r\n")))
                if not self.say(connection, "DATA"):
                    return

    def say(self, connection: StreamRequestHandler, step: str) -> bool:
        """Reply; false where it hangs up instead."""
        self.steps.append(step)
        reply = self.replies.get(step, USUAL.get(step, "250 fine"))
        connection.wfile.write(f"{reply}\r\n".encode() if reply else b"")
        return reply != CUT


@contextmanager
def mail_server(**replies: str) -> Iterator[MailServer]:
    """Run one that replies so, by step."""
    told = MailServer(replies=replies)

    class Conversation(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                told.converse(self)

    class Server(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False  # the function keeps its connection

    with Server(("127.0.0.1", 0), Conversation) as server:
        told.port = server.server_address[1]
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield told
        server.shutdown()
