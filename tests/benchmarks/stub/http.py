"""The part of HTTP/1.1 that botocore needs: persistent connections, bodies with a length.

Each answer is sent after the given latency, from the last byte of its request.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: Lower-case names, as bytes.
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; an immediate answer is to a control request and has no latency."""

    status: int
    body: bytes
    headers: str = ""  #: lines, each with a line end
    immediate: bool = False


#: Answers (method, path, headers, body).
Handler = Callable[[str, str, Headers, bytes], Reply]


class Connection(asyncio.Protocol):
    """One client's connection.

    Args:
        handler: answers a request.
        latency: seconds from the request's end to the answer's start.
    """

    def __init__(self, handler: Handler, latency: float) -> None:
        self._handler = handler
        self._latency = latency
        self._buffer = b""
        self._invited = False
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].split(b"\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in lines)
            }
            whole = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self._buffer) < whole:
                self._invite(headers)
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._invited = False
            method, path, _ = first.decode().split(" ")
            self._answer(self._handler(method, path, headers, body))

    def _invite(self, headers: Headers) -> None:
        """Send 100 Continue to a client that waits for it."""
        if not self._invited and headers.get(b"expect") == b"100-continue":
            self._invited = True
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, reply: Reply) -> None:
        head = f"HTTP/1.1 {reply.status} -\r\n{reply.headers}Content-Length: {len(reply.body)}\r\n"
        answer = head.encode() + b"\r\n" + reply.body
        if reply.immediate:
            self._write(answer)
        else:
            self._loop.call_later(self._latency, self._write, answer)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
