"""All tables but the notifications table, with PynamoDB models."""
