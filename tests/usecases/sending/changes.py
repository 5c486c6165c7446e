"""Change a notification, and expect a change or an error."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.errors import (
    InvalidInput,
)
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.change import ChangeResult, change_notification
from tests.builders import NOON, World

LATER = NOON + timedelta(hours=2)


def changed(world: World, before: Notification, **changes: Any) -> Notification:
    """Change it, and return it as it stands then."""
    result, after = change_notification(world.ports, before.id, changes)  # type: ignore[arg-type]
    assert result is ChangeResult.CHANGED
    assert replace(world.stored(before), content=after.content) == after
    return after


def refused(world: World, before: Notification, **changes: Any) -> dict[str, str]:
    """Try to change it, and return the message for each field."""
    with pytest.raises(InvalidInput) as error:
        change_notification(world.ports, before.id, changes)  # type: ignore[arg-type]
    return {field.field: field.message for field in error.value.fields}
