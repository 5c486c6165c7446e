"""A device is not a field of the user, so its changes are transferred here."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from notification_system.django import sync_addresses
from shop.models import Customer, Device


@receiver([post_save, post_delete], sender=Device)
def transfer(instance: Device, **_: Any) -> None:
    """Transfer the addresses of the device's customer after the commit."""

    def sync() -> None:
        # A customer who was deleted with the device is switched off by the app.
        for customer in Customer.objects.filter(pk=instance.customer_id):
            sync_addresses(customer)

    transaction.on_commit(sync, robust=True)
