"""The configuration of the shop."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop."""

    name = "shop"

    def ready(self) -> None:
        """Connect the signals."""
        from shop import receivers  # noqa: F401, PLC0415 - models can be imported only now
