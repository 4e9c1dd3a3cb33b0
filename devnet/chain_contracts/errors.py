"""What can go wrong while the development chain's contracts are compiled or placed."""

from __future__ import annotations

from devnet.errors import DevnetError


class ChainContractsError(DevnetError):
    """The contracts could not be compiled, or the chain did not take them; the message says what to do."""
