"""The pages of the admin. They read from the notification system, and keep nothing."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notification_system.django import admin_opt_outs, admin_pages
from notification_system.django.models import Notification, OptOut, OutboxEntry
from notification_system.django.outbox import send
from notification_system.errors import NotificationSystemError


@admin.register(Notification)
class NotificationAdmin(admin_pages.NotificationPages):
    """A user's notifications, and a notification with its timeline and explanation."""


@admin.register(OptOut)
class OptOutAdmin(admin_opt_outs.OptOutPages):
    """A user's opt-outs and their evidence."""


@admin.register(OutboxEntry)
class OutboxEntryAdmin(admin.ModelAdmin):
    """What the outbox has not sent."""

    list_display = ("__str__", "created_at", "attempts", "refused_at", "last_error")
    list_filter = (("refused_at", admin.EmptyFieldListFilter),)
    readonly_fields = ("item", "created_at", "attempts", "last_error", "refused_at")
    actions = ("send_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Entries are written by `notify`."""
        return False

    @admin.action(description="Send the selected entries again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        """Send entries, also those that were refused."""
        for entry in queryset:
            try:
                send(entry)
            except NotificationSystemError as error:
                self.message_user(request, f"{entry}: {error}", "error")
            else:
                self.message_user(request, f"{entry} was sent.")
