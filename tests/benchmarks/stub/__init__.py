"""A stub of AWS: the parts of DynamoDB, SQS, Secrets Manager and S3 that the benchmarks need.

It stores data, evaluates every condition, counts write units, answers each request after a fixed
latency, and rejects unknown requests.
"""
