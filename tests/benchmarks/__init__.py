"""Measures how fast the system is: `python -m tests.benchmarks`; see docs/benchmarks.md."""
