"""Listings, explanations and the backlog. Nothing here writes."""
