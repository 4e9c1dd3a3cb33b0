"""Provisions pools: plans the missing transactions, checks and sums their cost, submits them, and tops up."""
