"""The real django-notification-system, from which the tests of the import take their data."""
