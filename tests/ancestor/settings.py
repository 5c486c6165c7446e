"""The settings of a Django project with django-notification-system."""

import os

SECRET_KEY = "of-a-test"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["ANCESTOR_DATABASE"],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_notification_system",
]
USE_TZ = True
TIME_ZONE = "UTC"
NOTIFICATION_SYSTEM_TARGETS: dict[str, dict[str, str]] = {}
