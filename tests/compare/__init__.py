"""`make compare`: this system beside a Django application and Celery, on one mail server."""
