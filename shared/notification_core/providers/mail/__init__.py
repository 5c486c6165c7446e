"""E-mail: the MIME message, SES and SMTP."""
