"""Stands in for AWS: DynamoDB, SQS, Secrets Manager and S3, as far as the benchmarks need them.

It keeps what it is told, holds every condition, counts write units, answers each request after a
fixed latency, and refuses what it does not know.
"""
