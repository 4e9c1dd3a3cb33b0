"""Addresses of Safe 1.4.1 and of Multicall3: the same on every chain (docs/protocol.md#networks-and-contracts)."""

MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"
SAFE_SINGLETON = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
SAFE_PROXY_FACTORY = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
FALLBACK_HANDLER = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"
FACTORY_FALLBACK_HANDLER = "0x2a15DE4410d4c8af0A7b6c12803120f43C42B820"
"""The fallback handler of Safes that the HOPR factory creates; accepted only for trusted Safes."""
CREATE_CALL = "0x9b35Af71d77eaf8d7e40252370304687390A1A52"
MULTI_SEND = "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526"
MULTI_SEND_CALL_ONLY = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"
SENTINEL = "0x0000000000000000000000000000000000000001"
"""The mark at both ends of a Safe's lists of owners and modules."""

NEVER_OWNERS = {
    SAFE_SINGLETON: "Safe's singleton",
    SAFE_PROXY_FACTORY: "Safe's proxy factory",
    FALLBACK_HANDLER: "Safe's fallback handler",
    FACTORY_FALLBACK_HANDLER: "Safe's extensible fallback handler",
    CREATE_CALL: "Safe's CreateCall",
    MULTI_SEND: "Safe's MultiSend",
    MULTI_SEND_CALL_ONLY: "Safe's MultiSendCallOnly",
    MULTICALL3: "Multicall3, through which anybody could act as an owner",
}
"""Contracts that must not own a Safe, and what they are."""
