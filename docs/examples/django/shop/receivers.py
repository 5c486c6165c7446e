"""A device is not a field of the user, so its changes are transferred here."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from notification_system.django import sync_addresses
from shop.models import Device


@receiver([post_save, post_delete], sender=Device)
def transfer(instance: Device, **_: Any) -> None:
    """Transfer the addresses of the device's customer after the commit."""
    transaction.on_commit(lambda: sync_addresses(instance.customer), robust=True)
