"""Proof by fault: the deployed stack under load, with everything around it made to fail."""
