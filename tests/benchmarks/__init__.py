"""Measures the speed of the system: `python -m tests.benchmarks`; see docs/benchmarks.md."""
