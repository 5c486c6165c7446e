"""The configuration of the app."""

from django.apps import AppConfig
from django.core import checks
from django.core.signals import setting_changed
from django.db.models import signals


class NotificationSystemConfig(AppConfig):
    """Registers the checks, and the signals that keep addresses in sync."""

    name = "notification_system.django"
    label = "notification_system_django"
    verbose_name = "Notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect everything. It reads neither the database nor the API."""
        # The models of Django can be imported only now.
        from notification_system.django import checks as own  # noqa: PLC0415
        from notification_system.django import receivers  # noqa: PLC0415

        checks.register(own.check_settings, own.TAG)
        checks.register(own.check_deployment, own.TAG, deploy=True)
        uid = self.label
        signals.pre_save.connect(receivers.before_save, dispatch_uid=uid)
        signals.post_save.connect(receivers.after_save, dispatch_uid=uid)
        signals.pre_delete.connect(receivers.before_delete, dispatch_uid=uid)
        setting_changed.connect(receivers.forget_settings, dispatch_uid=uid)
