"""What this program reads from a chain is what web3.py, the reference client, reads."""

from eth_account import Account
from web3 import HTTPProvider, Web3

from identity.chain.client import ChainClient
from identity.evm.contracts import TOKEN
from testkit.chain.development_chain import DevelopmentChain

_BALANCE_OF = {
    "name": "balanceOf",
    "type": "function",
    "stateMutability": "view",
    "inputs": [{"name": "account", "type": "address"}],
    "outputs": [{"name": "", "type": "uint256"}],
}
_GAS = 21_000


def test_reads_agree_with_web3(chain: DevelopmentChain) -> None:
    client, web3 = ChainClient(chain.rpc_url), Web3(HTTPProvider(chain.rpc_url))
    wallet, receiver = chain.wallet.address, Account.create().address
    token = Web3.to_checksum_address(chain.contracts["rotsee"]["token"])
    payment = {"to": receiver, "value": 7, "gas": _GAS, "gasPrice": 10**10, "nonce": 0, "chainId": 100}
    signed = chain.wallet.sign_transaction(payment)
    sent = web3.eth.send_raw_transaction(signed.raw_transaction)
    theirs = web3.eth.wait_for_transaction_receipt(sent)

    block, their_block = client.latest_block(), web3.eth.get_block("latest")
    assert (block.number, block.hash) == (their_block["number"], web3.to_hex(their_block["hash"]))
    assert block.base_fee_wei == their_block["baseFeePerGas"]
    assert client.transaction_count(wallet, block) == web3.eth.get_transaction_count(wallet) == 1
    assert client.code(token) == bytes(web3.eth.get_code(token)) != b""
    balance = web3.eth.contract(address=token, abi=[_BALANCE_OF]).functions.balanceOf(wallet).call()
    assert TOKEN.decode("balanceOf", client.call(token, TOKEN.encode("balanceOf", wallet), at=block)) == balance > 0
    call = {"from": wallet, "to": receiver, "value": 7}
    assert client.estimate_gas(wallet, receiver, b"", 7) == web3.eth.estimate_gas(call)  # type: ignore[arg-type]

    receipt = client.receipt(web3.to_hex(sent))
    assert receipt is not None
    assert (receipt.block_number, receipt.succeeded) == (theirs["blockNumber"], theirs["status"] == 1)
    assert (receipt.gas_used, receipt.gas_price_wei) == (theirs["gasUsed"], theirs["effectiveGasPrice"])
