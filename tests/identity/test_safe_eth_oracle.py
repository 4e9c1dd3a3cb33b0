"""Hashes, encodings and addresses against safe-eth-py, the Python library of the Safe project, for random inputs."""

from functools import cached_property

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_typing import URI
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from safe_eth.eth import EthereumClient
from safe_eth.eth.contracts import (
    get_multi_send_contract,
    get_proxy_factory_V1_4_1_contract,
    get_safe_V1_4_1_contract,
    load_contract_interface,
)
from safe_eth.eth.utils import mk_contract_address_2
from safe_eth.safe.multi_send import MultiSend, MultiSendOperation, MultiSendTx
from safe_eth.safe.proxy_factory import ProxyFactoryV141
from safe_eth.safe.safe_tx import SafeTx

from identity.evm import addresses
from identity.evm.calls import (
    Call,
    create_safe,
    multi_send,
    node_binding_hash,
    safe_execution,
    safe_transaction_hash,
    unpack_multi_send,
)
from identity.evm.contracts import (
    FALLBACK_HANDLER,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    ZERO_ADDRESS,
)
from identity.secrets.signers import LocalSigner

CLIENT = EthereumClient(URI("http://127.0.0.1:1"))
"""Connects to nothing: all that these tests use is computed."""

KEY = b"\x07" * 32

ADDRESSES = st.binary(min_size=20, max_size=20).map(to_checksum_address)
UINT256 = st.integers(0, 2**256 - 1)
CHAIN_IDS = st.integers(1, 2**64)
CALLS = st.builds(Call, target=ADDRESSES, data=st.binary(max_size=100), value_wei=UINT256, delegate=st.booleans())


class OfflineProxyFactory(ProxyFactoryV141):
    """The proxy factory with the proxy's code from safe-eth-py instead of from the chain."""

    @cached_property
    def _code(self) -> bytes:
        return bytes.fromhex(load_contract_interface("Proxy_V1_4_1.json")["bytecode"].removeprefix("0x"))

    def get_proxy_creation_code(self) -> bytes:
        return self._code


SAFE = get_safe_V1_4_1_contract(CLIENT.w3, to_checksum_address(SAFE_SINGLETON))
FACTORY = OfflineProxyFactory(to_checksum_address(SAFE_PROXY_FACTORY), CLIENT)
FACTORY_CONTRACT = get_proxy_factory_V1_4_1_contract(CLIENT.w3, to_checksum_address(SAFE_PROXY_FACTORY))
MULTI_SEND_CONTRACT = get_multi_send_contract(CLIENT.w3, to_checksum_address(MULTI_SEND))


def data_of(encoded: str) -> bytes:
    return bytes.fromhex(encoded.removeprefix("0x"))


def setup_data(owner: str) -> bytes:
    arguments = [[owner], 1, ZERO_ADDRESS, b"", FALLBACK_HANDLER, ZERO_ADDRESS, 0, ZERO_ADDRESS]
    return data_of(SAFE.encode_abi("setup", arguments))


def encode(call: Call) -> MultiSendTx:
    operation = MultiSendOperation.DELEGATE_CALL if call.delegate else MultiSendOperation.CALL
    return MultiSendTx(operation, to_checksum_address(call.target), call.value_wei, call.data)


def safe_tx(safe: str, chain_id: int, nonce: int, call: Call) -> SafeTx:
    return SafeTx(
        CLIENT,
        to_checksum_address(safe),
        to_checksum_address(call.target),
        call.value_wei,
        call.data,
        int(call.delegate),
        0,
        0,
        0,
        None,
        None,
        safe_nonce=nonce,
        safe_version="1.4.1",
        chain_id=chain_id,
    )


@given(ADDRESSES, CHAIN_IDS, st.integers(0, 2**64), CALLS)
def test_safe_transaction_hashes(safe: str, chain_id: int, nonce: int, call: Call) -> None:
    assert safe_transaction_hash(safe, chain_id, nonce, call) == bytes(
        safe_tx(safe, chain_id, nonce, call).safe_tx_hash
    )


@given(st.lists(CALLS, min_size=1, max_size=5))
def test_multi_send_encodings(calls: list[Call]) -> None:
    expected = [encode(call) for call in calls]
    packed = b"".join(bytes(one.encoded_data) for one in expected)
    data = data_of(MULTI_SEND_CONTRACT.encode_abi("multiSend", [packed]))
    target = MULTI_SEND if any(call.delegate for call in calls) else MULTI_SEND_CALL_ONLY
    assert multi_send(calls) == Call(target, data, delegate=True)
    assert unpack_multi_send(packed) == calls
    assert MultiSend.from_bytes(packed) == expected


@settings(max_examples=25)
@given(ADDRESSES, CHAIN_IDS, st.integers(0, 2**32), st.lists(CALLS, min_size=1, max_size=3))
def test_a_safe_transaction_recovers_to_its_signer(safe: str, chain_id: int, nonce: int, calls: list[Call]) -> None:
    execution = safe_execution(safe, chain_id, nonce, calls, LocalSigner(KEY))
    _, arguments = SAFE.decode_function_input(execution.data)
    found = safe_tx(safe, chain_id, nonce, multi_send(calls))
    found.signatures = arguments["signatures"]
    assert execution.target == safe
    assert (arguments["to"], arguments["data"], arguments["operation"]) == (found.to, bytes(found.data), 1)
    assert found.signers == [Account.from_key(KEY).address]


@settings(max_examples=25)
@given(ADDRESSES, st.sampled_from(["rotsee", "dufour"]), CHAIN_IDS, ADDRESSES)
def test_addresses_of_safes(deployer: str, network: str, chain_id: int, node: str) -> None:
    singleton, setup = to_checksum_address(SAFE_SINGLETON), setup_data(deployer)
    salt_nonce = addresses.safe_salt_nonce(network, chain_id, node)
    assert addresses.safe_setup(deployer) == setup
    assert addresses.safe_address(deployer, network, chain_id, node) == FACTORY.calculate_proxy_address(
        singleton, setup, salt_nonce
    )
    assert addresses.operator_address(deployer, chain_id) == FACTORY.calculate_proxy_address(
        singleton, setup, addresses.operator_salt_nonce(chain_id)
    )


@settings(max_examples=25)
@given(ADDRESSES, UINT256)
def test_the_call_that_creates_a_safe(deployer: str, salt_nonce: int) -> None:
    arguments = [SAFE_SINGLETON, setup_data(deployer), salt_nonce]
    data = data_of(FACTORY_CONTRACT.encode_abi("createProxyWithNonce", arguments))
    assert create_safe(deployer, salt_nonce) == Call(SAFE_PROXY_FACTORY, data)


@given(ADDRESSES, ADDRESSES, CHAIN_IDS, ADDRESSES)
def test_addresses_of_modules(safe: str, implementation: str, chain_id: int, node: str) -> None:
    code = b"".join(
        [
            bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73"),
            bytes.fromhex(implementation[2:]),
            bytes.fromhex("5af43d82803e903d91602b57fd5bf3"),
        ]
    )
    salt = addresses.module_salt("rotsee", chain_id, node)
    assert addresses.module_address(safe, implementation, "rotsee", chain_id, node) == mk_contract_address_2(
        to_checksum_address(safe), salt, code
    )


def test_the_hashes_of_the_proxys_code() -> None:
    code = FACTORY.get_proxy_creation_code()
    assert keccak(code) == addresses.PROXY_CREATION_CODE_HASH
    assert keccak(code + int(SAFE_SINGLETON, 16).to_bytes(32)) == addresses._PROXY_INIT_CODE_HASH


@given(ADDRESSES, CHAIN_IDS, ADDRESSES, ADDRESSES, UINT256)
def test_node_binding_hashes(registry: str, chain_id: int, safe: str, node: str, nonce: int) -> None:
    message = encode_typed_data(
        {"name": "NodeSafeRegistry", "version": "1.0.0", "chainId": chain_id, "verifyingContract": registry},
        {
            "NodeSafeNonce": [
                {"name": "safeAddress", "type": "address"},
                {"name": "nodeChainKeyAddress", "type": "address"},
                {"name": "nodeSigNonce", "type": "uint256"},
            ]
        },
        {"safeAddress": safe, "nodeChainKeyAddress": node, "nodeSigNonce": nonce},
    )
    expected = keccak(b"\x19" + message.version + message.header + message.body)
    assert node_binding_hash(registry, chain_id, safe, node, nonce) == expected
