"""Calls written out by hand, without the program's ABI files, for the exact tests of the planner."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from identity.evm.calls import Call
from identity.observation.desired import DesiredIdentity, DesiredPool
from testkit.identity.observations import MULTI_SEND_CALL_ONLY, UNLIMITED_WEI, stored_words, word

CREATE_CALL = "0x9b35Af71d77eaf8d7e40252370304687390A1A52"


def data(signature: str, *arguments: Any) -> bytes:
    """Call data from a signature."""
    types = signature.partition("(")[2].removesuffix(")").split(",")
    return keccak(text=signature)[:4] + encode(types, arguments)


def approval_of_channels(desired: DesiredPool) -> Call:
    """The call that gives the channels contract an unlimited allowance."""
    return Call(desired.contracts.token, data("approve(address,uint256)", desired.contracts.channels, UNLIMITED_WEI))


def calls_of_a_new_identity(desired: DesiredPool, identity: DesiredIdentity) -> tuple[Call, ...]:
    """The calls of a new Safe that configure an identity, before any change of owners."""
    contracts, module = desired.contracts, identity.module
    clone = bytes.fromhex(
        "3d602d80600a3d3981f3363d3d373d3d3d363d73"
        + contracts.module_implementation[2:]
        + "5af43d82803e903d91602b57fd5bf3"
    )
    salt = keccak(
        encode(
            ["string", "string", "uint256", "address"],
            ["hoprd-pulumi module v1", desired.network.name, desired.network.chain_id, identity.node],
        )
    )
    default_target = word(contracts.channels, "010103030303030303030303")
    parameters = encode(["address", "address", "uint256"], [identity.safe, MULTI_SEND_CALL_ONLY, default_target])
    announcements = stored_words(desired, identity.node)["announcements"]
    return (
        Call(CREATE_CALL, data("performCreate2(uint256,bytes,bytes32)", 0, clone, salt), delegate=True),
        Call(module, data("initialize(bytes)", parameters)),
        Call(identity.safe, data("enableModule(address)", module)),
        Call(module, data("scopeTargetToken(uint256)", announcements)),
        approval_of_channels(desired),
        Call(module, data("includeNode(uint256)", word(identity.node, "010303000000000000000000"))),
    )
