"""Objects of a cluster for tests of the statuses."""
