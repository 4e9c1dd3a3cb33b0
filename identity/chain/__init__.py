"""The RPC endpoint: how it is asked, and what its errors mean."""
