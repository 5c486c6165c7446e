"""Input and output of the synchronous client. `io_async` has the same names."""

import time
from typing import TYPE_CHECKING, Annotated, TypeVar

if TYPE_CHECKING:
    import httpx

Value = TypeVar("Value")

#: A value that is available at once.
Awaitable = Annotated[Value, "available at once"]


def new_http_client(timeout: float, *, trust_env: bool) -> "httpx.Client":
    """Return an HTTP client; without `trust_env`, proxies of the environment are ignored."""
    import httpx  # noqa: PLC0415 - slow to import

    limits = httpx.Timeout(timeout, connect=min(timeout, 10))
    return httpx.Client(timeout=limits, trust_env=trust_env)


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
