"""The actions of the shop. Views, the admin and commands call them."""

from datetime import datetime, time

from django.db import transaction
from django.utils import timezone

from notification_system.django import notify
from shop.models import Order


@transaction.atomic
def ship(order_id: int) -> None:
    """Ship an order and tell its customer, at all addresses."""
    order = Order.objects.select_for_update().get(pk=order_id)
    order.shipped = True
    order.save()
    notify(
        order.customer,
        content={
            "email": {"title": f"{order.article} has been shipped", "body": "<p>Thank you!</p>"},
            "sms": {"body": f"{order.article} has been shipped."},
            "push": {"title": "Shipped", "body": order.article},
        },
        category="orders",
        key=f"order-{order.pk}-shipped",
        reference=f"order-{order.pk}",
    )


def remind(order: Order) -> None:
    """Remind a customer by e-mail at eight on the day of collection."""
    if order.collected_on is None:
        return
    eight = timezone.make_aware(datetime.combine(order.collected_on, time(8)))
    notify(
        order.customer,
        title="Today you can collect your order",
        body=f"{order.article} waits for you.",
        targets=["Email"],
        category="reminders",
        scheduled_delivery=eight,
        key=f"order-{order.pk}-reminder-{order.collected_on}",
    )
