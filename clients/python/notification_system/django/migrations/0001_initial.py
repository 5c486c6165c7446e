"""The table of the outbox, and the permissions of the pages without tables."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """The first tables."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
            options={
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("user", models.CharField(max_length=255, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "opt-out",
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.CreateModel(
            name="OutboxEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("item", models.JSONField(help_text="The fields of the request.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                (
                    "refused_at",
                    models.DateTimeField(
                        blank=True, help_text="When the API refused it for good.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "outbox entries",
                "indexes": [
                    models.Index(fields=["refused_at", "created_at"], name="notification_outbox")
                ],
            },
        ),
    )
