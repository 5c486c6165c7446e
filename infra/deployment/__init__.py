"""Deploys the system to AWS: from a file without questions, or guided."""
