"""A client of a scripted server, synchronous or asynchronous."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.credentials import Credentials

from notification_system import AsyncClient, Client, Retries
from tests.client.api_server import ApiServer, serving

#: The waits of a test are short, and the same in each run.
QUICK = Retries(attempts=4, within=5.0, jitter=lambda: 0.0)


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notification_system.retries.FIRST_WAIT", 0.01)


@dataclass
class Caller:
    """Calls a method of either client."""

    url: str
    asynchronous: bool

    def __call__(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a method and return its result."""
        if self.asynchronous:
            return asyncio.run(self._call(method, arguments, named))
        with Client(self.url, **_connection()) as client:
            result = getattr(client, method)(*arguments, **named)
            return list(result) if isinstance(result, Iterator) else result

    async def _call(self, method: str, arguments: Any, named: Any) -> Any:
        async with AsyncClient(self.url, **_connection()) as client:
            result = getattr(client, method)(*arguments, **named)
            if hasattr(result, "__aiter__"):
                return [item async for item in result]
            return await result


def _connection() -> dict[str, Any]:
    credentials = Credentials("AKIDEXAMPLE", "secret", "token/of+a=session")
    return {"region": "eu-west-1", "credentials": credentials, "retries": QUICK, "timeout": 2.0}


@pytest.fixture(params=["synchronous", "asynchronous"])
def call(request: pytest.FixtureRequest, api: ApiServer) -> Callable[..., Any]:
    """Call a method of a client of the scripted server."""
    return Caller(api.url, request.param == "asynchronous")
