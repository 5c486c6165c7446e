"""The stores with DynamoDB: `fast` for the hot path, `tables` for the rest, over `models`."""
