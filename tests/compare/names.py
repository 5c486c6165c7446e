"""The names of the compared systems in the results and the goals."""

SMTP = "this system, SMTP"
SES = "this system, SES"
DJANGO = "django-notification-system"
PREFORK = "Celery, 2 processes"
THREADS = "Celery, 64 threads"
