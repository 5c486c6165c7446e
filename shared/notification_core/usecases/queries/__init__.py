"""Listings, explanations and the backlog. These use cases only read."""
