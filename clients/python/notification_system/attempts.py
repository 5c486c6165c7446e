"""The attempts of one request: which response ends it, and how long to wait otherwise."""

import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from notification_system.errors import ConnectionFailed, api_error
from notification_system.requests import Request
from notification_system.retries import Retries, may_repeat

ERROR = 400  # the first status of an error


class Response(Protocol):
    """The part of an HTTP response that is used here."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...

    @property
    def headers(self) -> Any:
        """The headers, by names in any case."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """The status of a successful response, and its body: a JSON value, or None."""

    status: int
    body: Any


@dataclass(slots=True)
class Attempts:
    """The attempts of one request so far.

    `possibly_processed` says whether an attempt without a usable response may have been carried
    out.
    """

    request: Request
    retries: Retries
    number: int = 0
    possibly_processed: bool = False
    started: float = field(default_factory=monotonic)

    def wait_after_response(self, response: Response) -> float | None:
        """Return the wait before the next attempt; None if this response is the result."""
        self.number += 1
        status = response.status_code
        if not may_repeat(status, idempotent=self.request.idempotent):
            return None
        wait = self._wait(response.headers.get("retry-after"))
        if wait is not None and status >= 500:  # noqa: PLR2004 - it may have been processed
            self.possibly_processed = True
        return wait

    def wait_after_failure(self, error: Exception, *, sent: bool, timed_out: bool) -> float:
        """Return the wait before the next attempt, after one without a response.

        Raises:
            ConnectionFailed: the request must not be repeated, or not again.
        """
        self.number += 1
        self.possibly_processed |= sent
        wait = self._wait(None) if self.request.idempotent or not sent else None
        if wait is None:
            reason = str(error) or type(error).__name__
            raise ConnectionFailed(
                f"{self.request.method} {self.request.path.partition('?')[0]}: {reason}"
                f" (attempt {self.number})",
                possibly_processed=self.possibly_processed,
                timed_out=timed_out,
            ) from error
        return wait

    def result_of(self, response: Response) -> Reply:
        """Return the status and body of a successful response. Raises ApiError for any other."""
        body = _body(response.content)
        if response.status_code < ERROR:
            return Reply(response.status_code, body)
        error = api_error(
            response.status_code,
            body,
            request_id=response.headers.get("x-amzn-requestid", ""),
        )
        error.possibly_repeated = self.possibly_processed
        raise error

    def _wait(self, retry_after: str | None) -> float | None:
        return self.retries.wait(self.number, monotonic() - self.started, retry_after)


def _body(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
