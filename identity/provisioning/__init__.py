"""Making a pool what is wanted: what is missing, what that costs, doing it, keeping it funded."""
