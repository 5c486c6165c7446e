"""The simulator's own HTTP calls and background tasks."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import httpx

from infra.simulator.settings import HOST

#: Seconds between an answer and the events or callbacks that follow it.
PAUSE = 0.05

_AT_ONCE = 4  # each concurrent call needs a process of the called function
_TIMEOUT = 15  # seconds, as Twilio's

#: Maximum idle time of a connection to the emulator, in seconds; the emulator closes it after 75.
_REST = 30

#: Maximum number of concurrent requests to the emulator. The emulator answers them one after the
#: other, and the client searches all its connections for each request.
_FORWARDED_AT_ONCE = 8


class Outgoing:
    """An HTTP client, and the tasks that are cancelled when the simulator stops."""

    def __init__(self) -> None:
        # The server may just have closed a connection that was kept.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(limits=limits, trust_env=False)
        kept = httpx.Limits(max_connections=None, keepalive_expiry=_REST)
        self._emulator = httpx.AsyncClient(limits=kept, trust_env=False)
        #: Limits concurrent callbacks, which can come in large numbers.
        self.turns = asyncio.Semaphore(_AT_ONCE)
        self._forwards = asyncio.Semaphore(_FORWARDED_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task in the background; it is cancelled when the simulator stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Cancel all unfinished tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()
        await self._emulator.aclose()

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> httpx.Response:
        """Post a form; raises httpx.HTTPError."""
        return await self._client.send(_posted(url, form, headers))

    async def forward(
        self, method: str, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> httpx.Response:
        """Send the emulator a request with exactly these headers; raises httpx.HTTPError."""
        extensions = {"timeout": httpx.Timeout(_TIMEOUT).as_dict()}
        request = httpx.Request(method, url, headers=headers, content=body, extensions=extensions)
        async with self._forwards:
            return await self._emulator.send(request)


def is_local(url: object) -> bool:
    """Return whether this is an HTTP URL of this computer; the simulator calls no others."""
    try:
        parsed = httpx.URL(str(url))
    except httpx.InvalidURL:
        return False
    host = parsed.host
    named = host in {"localhost", HOST, "::1"} or host.endswith(".localhost")
    return parsed.scheme in {"http", "https"} and named


def _posted(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Request:
    address = httpx.URL(url)
    named = {"Host": address.netloc.decode(), **headers}
    extensions: dict[str, Any] = {"timeout": httpx.Timeout(_TIMEOUT).as_dict()}
    if address.host.endswith(".localhost"):
        # RFC 6761 reserves these names for the loopback address; not every resolver knows them.
        extensions["sni_hostname"] = address.host
        address = address.copy_with(host=HOST)
    return httpx.Request("POST", address, data=form, headers=named, extensions=extensions)
