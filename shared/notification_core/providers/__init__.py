"""Requests to the providers, and the meaning of their responses. Imports only the domain."""
