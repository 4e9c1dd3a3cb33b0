"""The RPC endpoint: requests, retries and the meaning of its errors."""
