"""The contracts of the development chain: compiling them (`compiler`) and bringing them onto a chain (`deploy`)."""

from devnet.chain_contracts.deployment import Deployment, deploy
from devnet.errors import ChainContractsError

__all__ = ["ChainContractsError", "Deployment", "deploy"]
