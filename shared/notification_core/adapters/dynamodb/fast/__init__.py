"""Notifications: batches of conditional writes with a client that skips botocore's validation."""
