"""Requests to the providers, and what their answers mean. Needs the domain alone."""
