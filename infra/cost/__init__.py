"""Counts the requests of each step and writes the tables of `docs/costs.md`."""
