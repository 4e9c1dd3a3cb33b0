"""Calls: hashes and encodings against independent implementations (eth-account's EIP-712, EIP-1014's examples)."""

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from identity.evm.addresses import create2, module_address, module_salt, safe_address, safe_salt_nonce
from identity.evm.calls import Call, multi_send, safe_execution, safe_transaction_hash, unpack_multi_send
from identity.evm.contracts import MULTI_SEND, MULTI_SEND_CALL_ONLY, MULTI_SENDER, SAFE, ZERO_ADDRESS
from identity.secrets.signers import LocalSigner
from identity.submission.wallet import Fees, sign

KEY = b"\x07" * 32
SAFE_ADDRESS = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
NODE = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
OTHER = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
CALLS = st.builds(
    Call,
    target=st.sampled_from([NODE, OTHER, SAFE_ADDRESS]),
    data=st.binary(max_size=80),
    value_wei=st.integers(0, 2**256 - 1),
    delegate=st.booleans(),
)


def test_create2_is_eip_1014() -> None:
    deployer = "0x00000000000000000000000000000000deadbeef"
    salt = bytes(28) + bytes.fromhex("cafebabe")
    init_code_hash = keccak(bytes.fromhex("deadbeef"))
    assert create2(deployer, salt, init_code_hash) == "0x60f3f640a8508fC6a86d45DF051962668E1e8AC7"


def test_the_derivation_of_addresses_stays_as_it_was_published() -> None:
    assert safe_salt_nonce("rotsee", 100, NODE) == 0xABE8888CCE69990023861FB73B5242BB02F4FF88F7852AC58B9777BCC4738F8F
    assert module_salt("rotsee", 100, NODE).hex() == "40b5fa2fa2379893c454ef5135651aebaa97295468b88db6ef8b3791cbb4d35f"
    safe = safe_address(OTHER, "rotsee", 100, NODE)
    assert safe == "0xc575675047C0907145A5647a4930abF7529dC2af"
    assert module_address(safe, SAFE_ADDRESS, "rotsee", 100, NODE) == "0x0CeE8a2AcFB7547dcf3C46F87d23A97526B80B7B"


def test_each_part_of_the_derivation_counts() -> None:
    derived = {
        safe_address(OTHER, "rotsee", 100, NODE),
        safe_address(NODE, "rotsee", 100, NODE),
        safe_address(OTHER, "dufour", 100, NODE),
        safe_address(OTHER, "rotsee", 10200, NODE),
        safe_address(OTHER, "rotsee", 100, OTHER),
    }
    assert len(derived) == 5


@given(CALLS, st.integers(0, 2**64))
def test_the_safe_transaction_hash_is_that_of_eip_712(call: Call, nonce: int) -> None:
    fields = {
        "to": "address", "value": "uint256", "data": "bytes", "operation": "uint8", "safeTxGas": "uint256",
        "baseGas": "uint256", "gasPrice": "uint256", "gasToken": "address", "refundReceiver": "address",
        "nonce": "uint256",
    }  # fmt: skip
    message = encode_typed_data(
        {"chainId": 100, "verifyingContract": SAFE_ADDRESS},
        {"SafeTx": [{"name": name, "type": kind} for name, kind in fields.items()]},
        dict(zip(
            fields,
            (call.target, call.value_wei, call.data, int(call.delegate), 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, nonce),
            strict=True,
        )),
    )  # fmt: skip
    expected = keccak(b"\x19" + message.version + message.header + message.body)
    assert safe_transaction_hash(SAFE_ADDRESS, 100, nonce, call) == expected


@given(st.lists(CALLS, max_size=5))
def test_multi_send_unpacks_to_what_was_packed(calls: list[Call]) -> None:
    packed = multi_send(calls)
    (inner,) = MULTI_SENDER.decode_input("multiSend", packed.data)
    assert unpack_multi_send(inner) == calls
    assert packed.target == (MULTI_SEND if any(call.delegate for call in calls) else MULTI_SEND_CALL_ONLY)


def test_a_safe_transaction_is_signed_by_the_wallet() -> None:
    signer = LocalSigner(KEY)
    execution = safe_execution(SAFE_ADDRESS, 100, 5, [Call(NODE, b"\x01")], signer)
    signature = SAFE.decode_input("execTransaction", execution.data)[-1]
    digest = safe_transaction_hash(SAFE_ADDRESS, 100, 5, multi_send([Call(NODE, b"\x01")]))
    assert Account._recover_hash(digest, signature=signature) == signer.address == Account.from_key(KEY).address


@given(st.binary(max_size=100), st.integers(0, 2**96), st.integers(0, 2**32))
def test_a_signed_transaction_is_that_of_eth_account(data: bytes, value_wei: int, nonce: int) -> None:
    call = Call(NODE, data, value_wei)
    signed = sign(LocalSigner(KEY), 100, call, nonce=nonce, gas_limit=10**6, fees=Fees(10**10, 10**9))
    expected = Account.from_key(KEY).sign_transaction(
        {
            "type": 2, "chainId": 100, "nonce": nonce, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9,
            "gas": 10**6, "to": NODE, "value": value_wei, "data": data,
        }
    )  # fmt: skip
    assert signed.raw == bytes(expected.raw_transaction)
    assert signed.hash == expected.hash.to_0x_hex()
    assert TypedTransaction.from_bytes(expected.raw_transaction).as_dict()["nonce"] == nonce
