"""Runs the examples of the documentation: `make snippets`."""
