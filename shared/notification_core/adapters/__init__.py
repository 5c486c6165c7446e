"""Implementations of the ports with DynamoDB, S3 and SQS, and in memory."""
