"""The ports over DynamoDB, S3 and SQS, and the same in memory."""
