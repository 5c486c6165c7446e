"""Input and output of the asynchronous client. `io_sync` has the same names."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

__all__ = ["Awaitable", "new_http_client", "sleep"]


def new_http_client(timeout: float, *, trust_env: bool) -> "httpx.AsyncClient":
    """Return an HTTP client; without `trust_env`, proxies of the environment are ignored."""
    import httpx  # noqa: PLC0415 - slow to import

    limits = httpx.Timeout(timeout, connect=min(timeout, 10))
    return httpx.AsyncClient(timeout=limits, trust_env=trust_env)


async def sleep(seconds: float) -> None:
    """Wait."""
    await asyncio.sleep(seconds)
