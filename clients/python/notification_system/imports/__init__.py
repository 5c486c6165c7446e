"""The import of an installation of django-notification-system."""
