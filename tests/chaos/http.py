"""As much of HTTP/1.1 as a proxy needs that passes messages on byte for byte.

Source: RFC 9112, sections 6 and 7.
"""

import json
from asyncio import StreamReader
from collections.abc import Mapping
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"
#: Longest head and longest line of a chunk that is read, in bytes.
LIMIT = 1 << 20
WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer."""

    head: bytes  #: the first line and the headers, with the empty line after them
    body: bytes = b""

    @property
    def raw(self) -> bytes:
        """Give it as it came."""
        return self.head + self.body

    def header(self, name: str) -> str:
        """Give a header; empty where there is none."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""

    @property
    def path(self) -> str:
        """Give a request's target."""
        return self.head.split(b" ", 2)[1].decode("latin-1")

    @property
    def status(self) -> int:
        """Give an answer's status."""
        return int(self.head.split(b" ", 2)[1])

    def without(self, *names: str) -> "Message":
        """Leave some headers out."""
        gone = tuple(f"{name.lower()}:".encode() for name in names)
        lines = self.head.split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(gone)]
        return Message(b"\r\n".join(kept), self.body)


async def read_head(reader: StreamReader) -> Message:
    """Read all but the body. Raises IncompleteReadError where there is no more."""
    return Message(await reader.readuntil(END_OF_HEAD))


async def read_answer(reader: StreamReader) -> Message:
    """Read an answer that is not to a HEAD."""
    answer = await read_head(reader)
    if answer.status in WITHOUT_BODY:
        return answer
    return await with_body(reader, answer, length="")


async def with_body(reader: StreamReader, message: Message, length: str) -> Message:
    """Read the body of a message; `length` is that of one that does not tell, empty for all."""
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
    """Write an answer as DynamoDB and SQS do."""
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\n"
    return Message(f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body)


def json_request(path: str, headers: Mapping[str, str], body: bytes) -> Message:
    """Write a POST with these headers."""
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body)}")
    return Message("\r\n".join(lines).encode("latin-1") + END_OF_HEAD, body)
