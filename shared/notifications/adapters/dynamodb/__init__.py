"""The stores over DynamoDB: PynamoDB models, PartiQL for batches of conditional writes."""
