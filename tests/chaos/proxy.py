"""The fault proxy between the functions and the emulator.

It forwards requests byte for byte, including the Host header, because the signature covers them;
unless it draws a fault.
"""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Self

from tests.chaos.faults import (
    REQUEST_FAULTS,
    Fault,
    Faults,
    failure,
    is_subject_to_faults,
    throttling,
)
from tests.chaos.http import LIMIT, Message, read_answer, read_head, with_body
from tests.chaos.rewrites import EMPTY_ANSWER, rewritten

HOST = "127.0.0.1"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: The maximum delay of a request, in seconds.
SLOWEST = 1.5


class ConnectionCut(Exception):
    """The client does not get an answer."""


class FaultProxy:
    """A proxy that runs in its own thread.

    Args:
        upstream: returns the port of the emulator; called for each connection.
        faults: the faults to inject.
    """

    def __init__(self, upstream: Callable[[], int], faults: Faults) -> None:
        self.port = 0
        self.faults = faults
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._end = asyncio.Event()

    @property
    def url(self) -> str:
        """The URL that functions use as the endpoint of AWS."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        under_way: dict[asyncio.Task[None], StreamWriter] = {}

        def accept(reader: StreamReader, writer: StreamWriter) -> None:
            task = self._loop.create_task(self._converse(reader, writer))
            under_way[task] = writer
            task.add_done_callback(under_way.pop)

        server = await asyncio.start_server(accept, HOST, self.port, limit=LIMIT, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        ending = dict(under_way)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        # A task that had not started has not closed its connection. A task that was cancelled while
        # it waited for its connection to close has cancelled that wait for all waiters.
        await asyncio.gather(*map(_closed, ending.values()), return_exceptions=True)

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the requests of one connection through one connection to the emulator."""
        line = UpstreamConnection(self._upstream)
        try:
            with suppress(ConnectionCut, IncompleteReadError, OSError):
                while True:
                    request = await _read(reader, writer)
                    answer = await self.answer(request, line)
                    writer.write(answer.raw)
                    await writer.drain()
                    if "close" in (request.header("Connection"), answer.header("Connection")):
                        break
        finally:
            await line.close()
            await _closed(writer)

    async def answer(self, request: Message, line: "UpstreamConnection") -> Message:
        """Return the answer to a request, with or without a fault. Raises ConnectionCut."""
        if not is_subject_to_faults(request):
            return await line.ask(request)
        match self.faults.draw(REQUEST_FAULTS):
            case Fault.THROTTLED:
                return throttling(request)
            case Fault.FAILED:
                return failure(self.faults.random)
            case Fault.CUT_BEFORE:
                raise ConnectionCut
            case Fault.CUT_AFTER:
                await line.ask(request)
                raise ConnectionCut
            case Fault.DELAYED:
                await asyncio.sleep(self.faults.random.uniform(0, SLOWEST))
        changed = rewritten(request, self.faults)
        if changed is None:
            return await line.ask(request)
        answer = EMPTY_ANSWER if changed.request is None else await line.ask(changed.request)
        return changed.restore(answer)


class UpstreamConnection:
    """One connection to the emulator, which is opened on demand and reopened when it was closed."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._reader: StreamReader | None = None
        self._writer: StreamWriter | None = None

    async def ask(self, request: Message) -> Message:
        """Forward a request and return the answer. Raises OSError, IncompleteReadError."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection(
                HOST, self._port(), limit=LIMIT
            )
        self._writer.write(request.raw)
        await self._writer.drain()
        answer = await read_answer(self._reader)
        if answer.header("Connection").lower() == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Close the connection."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            await _closed(writer)


async def _closed(writer: StreamWriter) -> None:
    """Close a connection, and wait until it is closed."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _read(reader: StreamReader, writer: StreamWriter) -> Message:
    """Read a request; answer a client that waits for 100 Continue before it sends the body."""
    request = await read_head(reader)
    if request.header("Expect").lower() == "100-continue":
        writer.write(CONTINUE)
    return await with_body(reader, request.without("Expect"), length="0")
