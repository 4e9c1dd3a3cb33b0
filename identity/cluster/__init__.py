"""The API server of a kubeconfig's context, for what the engine does not read or write."""
