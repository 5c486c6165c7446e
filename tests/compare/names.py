"""The names of the systems that are compared, as the results and the goals have them."""

SMTP = "this system, SMTP"
SES = "this system, SES"
DJANGO = "django-notification-system"
PREFORK = "Celery, 2 processes"
THREADS = "Celery, 64 threads"
