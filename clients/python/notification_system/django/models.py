"""The outbox, and models without tables that give the pages of the admin their permissions."""

from uuid import uuid4

from django.db import models


class OutboxEntry(models.Model):
    """A notification that waits to be sent, or that the API has refused."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    item = models.JSONField(help_text="The fields of the request.")
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When the API refused it for good."
    )

    class Meta:
        """Entries are found by the time of their creation."""

        indexes = (models.Index(fields=["refused_at", "created_at"], name="notification_outbox"),)
        verbose_name_plural = "outbox entries"

    def __str__(self) -> str:
        return f"{self.item.get('title') or self.item.get('template') or self.pk}"


class Notification(models.Model):
    """A notification, which the notification system stores."""

    id = models.CharField(primary_key=True, max_length=64)

    class Meta:
        """There is no table."""

        managed = False
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return str(self.pk)


class OptOut(models.Model):
    """The opt-outs of a user, which the notification system stores."""

    user = models.CharField(primary_key=True, max_length=255)

    class Meta:
        """There is no table."""

        managed = False
        default_permissions = ("view", "change")
        verbose_name = "opt-out"

    def __str__(self) -> str:
        return str(self.pk)
