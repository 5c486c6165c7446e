"""The stores and queues in memory, for tests. The contract suite holds them to DynamoDB's."""
