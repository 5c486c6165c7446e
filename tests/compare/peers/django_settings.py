"""Settings of a Django project with django-notification-system, as its documentation asks for."""

import os
from secrets import token_hex

from tests.compare.mails import SENDER

SECRET_KEY = token_hex()  # no other process verifies a signature
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_notification_system",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["COMPARE_DATABASE"],
        "OPTIONS": {"timeout": 30},
    }
}
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["COMPARE_MAIL_PORT"])
NOTIFICATION_SYSTEM_TARGETS = {"email": {"from_email": SENDER}}
