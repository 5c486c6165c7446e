"""The stores with DynamoDB: `fast` for the hot path, `tables` for all other tables."""
