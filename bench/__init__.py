"""Benchmarks of the project's promises: `python -m bench` runs them all, and docs/benchmarks.md explains the figures.

They run on temporary chains and use the testkit; they touch nothing of the user.
"""
