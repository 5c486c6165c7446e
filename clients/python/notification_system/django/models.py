"""The outbox, and models without tables that give the pages of the admin their permissions."""

from typing import Any
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


class RemoteManager(models.Manager):
    """Finds nothing, because there is no table. `dumpdata` queries every model of a project."""

    def get_queryset(self) -> Any:
        """Return an empty queryset, which sends no query."""
        return super().get_queryset().none()


class Notification(models.Model):
    """A notification, which the notification system stores."""

    id = models.CharField(primary_key=True, max_length=64)

    objects = RemoteManager()

    class Meta:
        """There is no table."""

        managed = False
        default_permissions = ("view", "change")
        base_manager_name = "objects"

    def __str__(self) -> str:
        return str(self.pk)


class OptOut(models.Model):
    """The opt-outs of a user, which the notification system stores."""

    user = models.CharField(primary_key=True, max_length=255)

    objects = RemoteManager()

    class Meta:
        """There is no table."""

        managed = False
        default_permissions = ("view", "change")
        base_manager_name = "objects"
        verbose_name = "opt-out"

    def __str__(self) -> str:
        return str(self.pk)
