"""SES and a mail server."""
