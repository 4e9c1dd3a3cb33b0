"""The announced address: every class that other nodes cannot reach is refused, except on devnet."""

import pytest

from config.models.platform import DEVNET_CONTEXT
from devnet.cluster.kubeconfig import CONTEXT
from testkit.config.sample import changed, problems

PATH = "platform/ingress/loadBalancerIp"
UNREACHABLE = {
    "0.0.0.0": "an unspecified address",  # noqa: S104  # nothing listens on it
    "0.1.2.3": "an unspecified address",
    "10.0.0.1": "a private address",
    "10.255.255.255": "a private address",
    "172.16.0.1": "a private address",
    "172.31.255.255": "a private address",
    "192.168.0.1": "a private address",
    "100.64.0.1": "a shared address behind a carrier's NAT",
    "100.127.255.255": "a shared address behind a carrier's NAT",
    "127.0.0.1": "a loopback address",
    "127.255.0.1": "a loopback address",
    "169.254.169.254": "a link-local address",
    "192.0.0.8": "a reserved address",
    "198.18.0.1": "an address for benchmarks",
    "198.19.255.255": "an address for benchmarks",
    "224.0.0.1": "a multicast address",
    "239.255.255.255": "a multicast address",
    "240.0.0.1": "a reserved address",
    "255.255.255.255": "a reserved address",
}


@pytest.mark.parametrize(("address", "kind"), UNREACHABLE.items())
def test_an_address_that_other_nodes_cannot_reach_is_refused_outside_devnet(address: str, kind: str) -> None:
    assert problems(changed({PATH: address})) == [
        f"platform.ingress.loadBalancerIp: '{address}' is {kind}, and hoprd does not start with an address that other "
        "nodes cannot reach; set the public address of the load balancer"
    ]
    assert problems(changed({PATH: address, "platform/kubeContext": DEVNET_CONTEXT})) == []


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.2.10", "223.1.1.1"],
)
def test_other_addresses_are_accepted(address: str) -> None:
    assert problems(changed({PATH: address})) == []


def test_nodes_with_their_own_load_balancers_do_not_announce_the_address() -> None:
    own = {"type": "LoadBalancer"}
    assert problems(changed({PATH: "10.0.0.1", "clusters/edge/service": own, "nodes/solo/service": own})) == []


@pytest.mark.parametrize(
    "address", ["::1", "fe80::1", "2001:db8::1", "::ffff:10.0.0.1", "010.0.0.1", "1.2.3", "1.2.3.4/24"]
)
def test_what_is_no_ipv4_address_is_refused(address: str) -> None:
    assert len(problems(changed({PATH: address}))) == 1


def test_the_context_is_that_of_devnet() -> None:
    assert DEVNET_CONTEXT == CONTEXT
