"""A thread pool without threads, for tests that need one order of events."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Self


class AtOnce:
    """Replaces a ThreadPoolExecutor: each call runs in the caller's thread, in order."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
        """Call the function now. A BaseException, such as the model's Killed, is raised here."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future

    def map(self, function: Callable[..., Any], *items: Iterable[Any]) -> Iterator[Any]:
        """Call the function for all items before the first result is read."""
        futures = [self.submit(function, *each) for each in zip(*items, strict=False)]
        return (each.result() for each in futures)
