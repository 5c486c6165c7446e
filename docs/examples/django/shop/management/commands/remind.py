"""`manage.py remind`: schedules the reminders of orders that are collected from tomorrow on."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from shop.models import Order
from shop.services import remind


class Command(BaseCommand):
    """Schedules reminders. A repetition schedules nothing new, so cron may run it at any time."""

    help = "Schedule the reminders of orders that are collected from tomorrow on."

    def handle(self, **_: Any) -> None:
        """Schedule."""
        orders = Order.objects.filter(collected_on__gt=timezone.localdate())
        for order in orders:
            remind(order)
        self.stdout.write(f"{len(orders)} reminders are scheduled.")
