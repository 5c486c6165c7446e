"""The Django app of the notification system: `INSTALLED_APPS += ["notification_system.django"]`.

    from notification_system.django import notify

    notify(user, title="Your order", body="It is on its way.", key=f"order-{order.pk}-shipped")

It needs Django 4.2 or newer, which `pip install 'notification-system[django]'` installs. The names
are imported when they are first used, because Django imports this package before its models can be
loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notification_system.django.addresses import sync_addresses
    from notification_system.django.conf import user_id
    from notification_system.django.connection import client
    from notification_system.django.mail import EmailBackend, UnsupportedEmail
    from notification_system.django.notifying import Notice, notify

_MODULE_OF = {
    "EmailBackend": "mail",
    "Notice": "notifying",
    "UnsupportedEmail": "mail",
    "client": "connection",
    "notify": "notifying",
    "sync_addresses": "addresses",
    "user_id": "conf",
}

__all__ = [
    "EmailBackend",
    "Notice",
    "UnsupportedEmail",
    "client",
    "notify",
    "sync_addresses",
    "user_id",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
