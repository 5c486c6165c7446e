"""Adds the package `notification_content`, which the functions use too, to the distributions."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Where the package is in a checkout; a source distribution has it in its root.
CHECKOUT = Path("../../shared/notification_content")


class ContentHook(BuildHookInterface[Any]):
    """Includes the package from wherever it is. Editable installations find it on the path."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the package, before a distribution is built."""
        checkout = Path(self.root) / CHECKOUT
        package = checkout if checkout.is_dir() else Path(self.root) / "notification_content"
        if version != "editable":
            build_data["force_include"][str(package)] = "notification_content"
