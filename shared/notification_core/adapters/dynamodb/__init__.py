"""The stores over DynamoDB: `fast` for the hot path, `tables` for everything else."""
