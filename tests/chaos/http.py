"""The part of HTTP/1.1 that a proxy needs to forward messages byte for byte.

Source: RFC 9112, sections 6 and 7.
"""

import json
from asyncio import StreamReader
from collections.abc import Mapping
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"
#: Maximum size of a head and of a chunk's line, in bytes.
LIMIT = 1 << 20
WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer."""

    head: bytes  #: the first line and the headers, with the empty line after them
    body: bytes = b""

    @property
    def raw(self) -> bytes:
        """The message as received."""
        return self.head + self.body

    def header(self, name: str) -> str:
        """Return the value of a header; empty if it is missing."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""

    @property
    def path(self) -> str:
        """The target of a request."""
        return self.head.split(b" ", 2)[1].decode("latin-1")

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.head.split(b" ", 2)[1])

    def without(self, *names: str) -> "Message":
        """Return the message without some headers."""
        gone = tuple(f"{name.lower()}:".encode() for name in names)
        lines = self.head.split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(gone)]
        return Message(b"\r\n".join(kept), self.body)


async def read_head(reader: StreamReader) -> Message:
    """Read the first line and the headers. Raises IncompleteReadError at the end of the stream."""
    return Message(await reader.readuntil(END_OF_HEAD))


async def read_answer(reader: StreamReader) -> Message:
    """Read an answer; answers to HEAD requests are not supported."""
    answer = await read_head(reader)
    if answer.status in WITHOUT_BODY:
        return answer
    return await with_body(reader, answer, length="")


async def with_body(reader: StreamReader, message: Message, length: str) -> Message:
    """Read the body of a message. `length` is used without Content-Length; empty means all."""
    if message.header("Transfer-Encoding").lower() == "chunked":
        return Message(message.head, await _chunks(reader))
    size = message.header("Content-Length") or length
    body = await (reader.readexactly(int(size)) if size else reader.read())
    return Message(message.head, body)


async def _chunks(reader: StreamReader) -> bytes:
    read = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        read += line + await reader.readexactly(size + 2)
        if not size:
            return read


def json_answer(status: int, content: object) -> Message:
    """Return an answer in the format of DynamoDB and SQS."""
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\n"
    return Message(f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body)


def json_request(path: str, headers: Mapping[str, str], body: bytes) -> Message:
    """Return a POST request with these headers."""
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body)}")
    return Message("\r\n".join(lines).encode("latin-1") + END_OF_HEAD, body)
