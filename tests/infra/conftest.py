"""A simulator of its own for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.simulator import Running, running


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    """One that no other module's tests have written to."""
    with running() as started:
        yield started
