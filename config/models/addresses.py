"""Classes of IPv4 addresses that other nodes cannot reach."""

import ipaddress

_CLASSES = {
    "0.0.0.0/8": "an unspecified address",
    "10.0.0.0/8": "a private address",
    "100.64.0.0/10": "a shared address behind a carrier's NAT",
    "127.0.0.0/8": "a loopback address",
    "169.254.0.0/16": "a link-local address",
    "172.16.0.0/12": "a private address",
    "192.0.0.0/24": "a reserved address",
    "192.168.0.0/16": "a private address",
    "198.18.0.0/15": "an address for benchmarks",
    "224.0.0.0/4": "a multicast address",
    "240.0.0.0/4": "a reserved address",
}
_DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")


def unreachable_class(address: str) -> str | None:
    """What kind of address this is if it is not public; None for public and documentation addresses."""
    return next((kind for network, kind in _CLASSES.items() if _contains(network, address)), None)


def is_documentation(address: str) -> bool:
    """Whether the address is one of RFC 5737, which examples use as a placeholder."""
    return any(_contains(network, address) for network in _DOCUMENTATION)


def _contains(network: str, address: str) -> bool:
    return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(network)
