"""The contracts of the development chain: compiling (`compiler`) and deploying (`deploy`)."""

from devnet.chain_contracts.deployment import Deployment, deploy
from devnet.errors import ChainContractsError

__all__ = ["ChainContractsError", "Deployment", "deploy"]
