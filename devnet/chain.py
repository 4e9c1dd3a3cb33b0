"""The chain of devnet: anvil with Gnosis' chain id and limits, and the wallet that pays on it."""

from collections.abc import Mapping
from pathlib import Path

from devnet.home import Choices, Home, write_private
from devnet.ports import HOST, Ports
from devnet.processes import Server

CHAIN_ID = 100
_BLOCK_GAS = 17_000_000
_GWEI = 10**9


def rpc_url(ports: Ports) -> str:
    """Return the URL of the chain's JSON-RPC server."""
    return f"http://{HOST}:{ports['anvil']}"


def server(programs: Mapping[str, Path], ports: Ports, choices: Choices) -> Server:
    """Return anvil, with a block for each transaction or one every `block_time_s`; the chain is in its memory only."""
    command = [
        str(programs["anvil"]),
        f"--host={HOST}",
        f"--port={ports['anvil']}",
        f"--chain-id={CHAIN_ID}",
        f"--gas-limit={_BLOCK_GAS}",
        "--enable-tx-gas-limit",  # like Gnosis: no transaction above 2**24 gas
        f"--block-base-fee-per-gas={choices.base_fee_gwei * _GWEI}",
        "--color=never",
    ]
    if choices.block_time_s:
        command.append(f"--block-time={choices.block_time_s}")
    return Server("anvil", command, {"anvil": ports["anvil"]})


def wallet_address(home: Home) -> str:
    """Return the address of the devnet wallet; generate its key on first use."""
    from eth_account import Account  # noqa: PLC0415  a slow import that only the first `up` needs

    if not home.wallet_key.exists():
        write_private(home.wallet_key, "0x" + Account.create().key.hex().removeprefix("0x"))
    return str(Account.from_key(home.wallet_key.read_text()).address)
