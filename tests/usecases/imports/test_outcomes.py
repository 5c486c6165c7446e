"""What prevents an import: the item itself, the state here, or a moment."""

import pytest

from notification_core.domain.errors import BeingErased, InvalidInput, Unavailable
from notification_core.domain.imports import ImportResult
from notification_core.usecases.imports.outcomes import not_imported


def test_an_error_of_the_state_skips_the_item() -> None:
    assert not_imported(BeingErased()).result is ImportResult.SKIPPED
    assert not_imported(InvalidInput.of("user", "is empty")).result is ImportResult.INVALID


def test_a_request_that_may_succeed_later_fails_as_a_whole() -> None:
    with pytest.raises(Unavailable):
        not_imported(Unavailable())
