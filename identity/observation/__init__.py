"""The desired pool, the observed pool, and the history of Safes that were created elsewhere."""
