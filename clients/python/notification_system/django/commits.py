"""Calls after the commit of a transaction."""

from collections.abc import Callable
from typing import Any

from django.db import transaction


def after_commit(using: str | None, function: Callable[..., Any], *arguments: Any) -> None:
    """Call a function after the commit, or at once outside a transaction. A failure is logged.

    Not a `functools.partial`: Django logs the `__qualname__` of a function that fails, which a
    partial does not have, so its failure would reach the caller and drop the other functions.
    """

    def call() -> None:
        function(*arguments)

    transaction.on_commit(call, using=using, robust=True)
