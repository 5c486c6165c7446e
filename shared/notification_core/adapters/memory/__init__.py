"""The stores and queues in memory, for tests. The contract suite compares them with DynamoDB."""
