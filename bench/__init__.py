"""Measures what the project promises; `python -m bench` runs all of it, docs/benchmarks.md says what the numbers mean.

Built from the parts of the tests, on chains of its own; nothing of a user's is touched.
"""
