"""Fault injection: the deployed stack under load, while its environment fails."""
