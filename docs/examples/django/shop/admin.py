"""The pages of the staff."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from shop.models import Customer, Device, Order
from shop.services import ship

admin.site.register(Customer, UserAdmin)
admin.site.register(Device)


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """The orders, with an action that ships them."""

    list_display = ("article", "customer", "shipped")
    actions = ("ship_selected",)

    @admin.action(description="Ship the selected orders")
    def ship_selected(self, request: HttpRequest, queryset: Any) -> None:
        """Ship orders."""
        for order in queryset:
            ship(order.pk)
        self.message_user(request, "The customers are notified.")
