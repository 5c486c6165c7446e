"""What the simulator does of its own: the calls it makes, and the work that outlasts an answer."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import httpx

from infra.simulator.settings import HOST

#: Seconds between an answer and what follows from it.
PAUSE = 0.05

_AT_ONCE = 4  # on a laptop each call at once is a process of the function that takes it
_TIMEOUT = 15  # seconds, as Twilio's

#: Seconds that a connection to the emulator may rest: it keeps one for 75.
_REST = 30

#: Requests that are passed on to the emulator at once. It answers one after the other, and the
#: client looks through all its connections for each request.
_FORWARDED_AT_ONCE = 8


class Outgoing:
    """An HTTP client, and the tasks that have to end when the simulator ends."""

    def __init__(self) -> None:
        # A kept connection could be one that its server has just closed.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(limits=limits, trust_env=False)
        kept = httpx.Limits(max_connections=None, keepalive_expiry=_REST)
        self._emulator = httpx.AsyncClient(limits=kept, trust_env=False)
        #: For what comes in floods: a few at once in all.
        self.turns = asyncio.Semaphore(_AT_ONCE)
        self._forwards = asyncio.Semaphore(_FORWARDED_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work later, or never when the simulator ends before."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Give up what is not done."""
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
    """Say whether this is an HTTP URL of this computer: the simulator calls no other."""
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
        # RFC 6761 gives these names to the loopback address; not every resolver knows.
        extensions["sni_hostname"] = address.host
        address = address.copy_with(host=HOST)
    return httpx.Request("POST", address, data=form, headers=named, extensions=extensions)
