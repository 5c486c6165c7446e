"""Notifications: batches of conditional writes over a client without botocore's checks."""
