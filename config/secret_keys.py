"""Names of the entries of the secrets that the program reads and writes.

They are the same in a Kubernetes Secret, in a secret of AWS Secrets Manager and in the environment of the funding job.
"""

# ruff: noqa: S105  # names of secrets, not their values
DEPLOYER_PRIVATE_KEY = "DEPLOYER_PRIVATE_KEY"
IDENTITY_PASSWORD = "IDENTITY_PASSWORD"
HOPRD_API_TOKEN = "HOPRD_API_TOKEN"
IDENTITY_SEED = "IDENTITY_SEED"
PREVIOUS_IDENTITY_PASSWORD = "PREVIOUS_IDENTITY_PASSWORD"
RPC_URL = "RPC_URL"
