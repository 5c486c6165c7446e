"""Every other table, over PynamoDB models."""
