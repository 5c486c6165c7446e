"""Conversions between entities and items that several tables share."""

from collections.abc import Mapping
from typing import Any

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms

MOMENTS = ("created_at", "updated_at")


def with_epochs(values: dict[str, Any]) -> dict[str, Any]:
    """Convert an entity's times to an item's numbers."""
    return values | {name: to_epoch_ms(values[name]) for name in MOMENTS}


def with_moments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item's numbers to an entity's times."""
    return {**values, **{name: from_epoch_ms(int(values[name])) for name in MOMENTS}}
