"""`make compare`: compares this system with a Django application and Celery, on one mail server."""
