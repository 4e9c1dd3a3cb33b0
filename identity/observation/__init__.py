"""What a pool must be, and what the chain shows of it."""
