"""The settings of the project."""

import os
from pathlib import Path

import django

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = True
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-example")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = "mysite.urls"
STATIC_URL = "static/"
USE_TZ = True
TIME_ZONE = "Europe/Vienna"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "shop.Customer"
LOGIN_REDIRECT_URL = "/"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE_DIR / "db.sqlite3"),
    }
}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "notification_system.django",
    "shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"notification_system.django": {"handlers": ["console"], "level": "INFO"}},
}

# The stack's output ApiUrl. Without it, the stack of `make up` on this machine.
_API_URL = os.environ.get("NOTIFICATIONS_URL")

NOTIFICATION_SYSTEM = {
    **({"API_URL": _API_URL} if _API_URL else {"LOCAL": True}),
    "ADDRESSES": {
        "Email": "email",
        "Twilio": "phone_number",
        "Expo": "shop.models.push_tokens",
    },
    "LOCALE": "language",
    "OUTBOX": True,
}
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "notification_system.django.EmailBackend"}}
else:
    EMAIL_BACKEND = "notification_system.django.EmailBackend"
