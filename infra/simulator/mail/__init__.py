"""The simulated SES and the mail server."""
