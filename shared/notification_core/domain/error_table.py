"""The classification of a provider's error codes: a module's `errors.json`, else the HTTP status.

Providers split and add codes at any time, so the table is data, and the configuration of a
deployment can override its rows.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Self, TypeVar

from notification_core.domain.failures import FAILURES, DeliveryFailed, ErrorClass, ProviderError
from notification_core.domain.redaction import redacted

T = TypeVar("T")

_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: ErrorClass.CONFIGURATION,
    HTTPStatus.FORBIDDEN: ErrorClass.CONFIGURATION,
    HTTPStatus.REQUEST_TIMEOUT: ErrorClass.TRANSIENT,
    HTTPStatus.TOO_EARLY: ErrorClass.TRANSIENT,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorClass.THROTTLED,
}


def class_of_status(status: int) -> ErrorClass:
    """Return the error class for the HTTP status of a request that is not idempotent."""
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorClass.AMBIGUOUS
    return ErrorClass.MESSAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The meaning of one error code.

    Raises:
        ValueError: the values contradict each other.
    """

    error_class: ErrorClass
    description: str = ""  #: in plain words, to follow *because*
    soft: bool = False  #: class recipient only: adds a strike, and ends only this notification
    retries: int = 0  #: of a soft failure: the maximum number of retries
    #: class configuration only: the number of reports of recipients' servers that pause the target
    pause_after: int = 1
    docs_url: str | None = None  #: the provider's documentation; the table's own URL when None

    def __post_init__(self) -> None:
        if not isinstance(self.soft, bool) or type(self.retries) is not int or self.retries < 0:
            raise ValueError(f"soft is true or false, retries a number from 0: {self}")
        if (self.soft or self.retries) and self.error_class is not ErrorClass.RECIPIENT:
            raise ValueError(f"soft and retries go with the class recipient, not {self}")
        if self.retries and not self.soft:
            raise ValueError("retries go with soft: an invalid address is not retried")
        if type(self.pause_after) is not int or self.pause_after < 1:
            raise ValueError(f"pause_after is a number from 1: {self}")
        if self.pause_after > 1 and self.error_class is not ErrorClass.CONFIGURATION:
            raise ValueError(f"pause_after goes with the class configuration, not {self}")

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Parse a row of `errors.json`. Raises ValueError, TypeError, KeyError."""
        others = {name: value for name, value in fields.items() if name != "class"}
        return cls(error_class=ErrorClass(fields["class"]), **others)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as `errors.json` writes it."""
        values = {"description": self.description, "soft": self.soft, "retries": self.retries}
        pause_after = self.pause_after if self.pause_after > 1 else 0
        values |= {"pause_after": pause_after, "docs_url": self.docs_url}
        not_default = {name: value for name, value in values.items() if value}
        return {"class": self.error_class.value, **not_default}


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """A module's error table: the meaning of each code, and the provider's documentation."""

    docs_url: str = ""  #: a URL; `{code}` in it stands for the code
    rows: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Parse an `errors.json`. Raises ValueError, TypeError, KeyError."""
        rows = {code: Row.of(row) for code, row in fields.get("codes", {}).items()}
        return cls(fields.get("docs_url", ""), rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as `errors.json` writes it."""
        return {
            "docs_url": self.docs_url,
            "codes": {code: row.to_dict() for code, row in self.rows.items()},
        }

    def overruled(self, rows: Mapping[str, Row]) -> "ErrorTable":
        """Return the table with some rows replaced or added.

        A row without a description or a URL keeps those of the row that it replaces.
        """
        merged = dict(self.rows)
        for code, row in rows.items():
            replaced = self.rows.get(code)
            description = replaced.description if replaced else ""
            docs_url = replaced.docs_url if replaced else None
            merged[code] = replace(
                row, description=row.description or description, docs_url=row.docs_url or docs_url
            )
        return ErrorTable(self.docs_url, merged)

    @property
    def has_soft(self) -> bool:
        """Whether any code adds a strike."""
        return any(row.soft for row in self.rows.values())

    def link(self, code: str) -> str | None:
        """Return the URL of a code's documentation; None for a code that is not the provider's."""
        row = self.rows.get(code)
        if row is not None and row.docs_url:
            return row.docs_url
        # A number of three digits is an HTTP status, for which providers have no page.
        is_number = "{code}" in self.docs_url and code.isdecimal() and len(code) > len("503")
        return self.docs_url.replace("{code}", code) or None if row or is_number else None

    def failure(self, error: ProviderError) -> DeliveryFailed:
        """Return the failure that a provider's error means."""
        code, row = self._find(error.codes)
        retry_after, message = _seconds(error.retry_after), redacted(error.message)
        if row is None:
            by_status = class_of_status(error.status or HTTPStatus.BAD_REQUEST)
            failure = FAILURES[error.otherwise or by_status]
            return failure(code, message, retry_after=retry_after)
        return FAILURES[row.error_class](
            code,
            message,
            retry_after=retry_after,
            soft=row.soft,
            retries=row.retries,
            pause_after=row.pause_after,
        )

    def classify(self, answer: ProviderError | T) -> DeliveryFailed | T:
        """Return the failure for a provider's error; return any other answer unchanged."""
        return self.failure(answer) if isinstance(answer, ProviderError) else answer

    def _find(self, codes: Sequence[str]) -> tuple[str, Row | None]:
        for code in codes:
            if code in self.rows:
                return code, self.rows[code]
        return codes[-1] if codes else "unknown", None


def _seconds(retry_after: str | float | None) -> float | None:
    """Parse a `Retry-After` in seconds; return None, for our own wait, if it is not a number."""
    try:
        seconds = math.nan if retry_after is None else float(retry_after)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds
