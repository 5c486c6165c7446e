"""Measures how fast the system is: `python -m infra.bench`, explained in docs/benchmarks.md."""
