"""Ports of one node, and of the ingress controller, number by number."""

import pytest

from components.manifests.ports import NodePorts, ingress_controller_ports, port_map_entries


@pytest.mark.parametrize(
    ("count", "sessions", "session_range"),
    [(1, [], None), (2, [9001], "9001:9001"), (3, [9001, 9002], "9001:9002")],
)
def test_sessions_follow_the_p2p_port(count: int, sessions: list[int], session_range: str | None) -> None:
    ports = NodePorts(9000, count)
    assert list(ports.sessions) == sessions
    assert ports.session_range == session_range


def test_each_port_is_published_for_both_protocols() -> None:
    assert NodePorts(9000, 2).of_service() == [
        {"name": "p2p-tcp", "port": 9000, "targetPort": "p2p-tcp", "protocol": "TCP"},
        {"name": "p2p-udp", "port": 9000, "targetPort": "p2p-udp", "protocol": "UDP"},
        {"name": "sessiont-9001", "port": 9001, "targetPort": "sessiont-9001", "protocol": "TCP"},
        {"name": "sessionu-9001", "port": 9001, "targetPort": "sessionu-9001", "protocol": "UDP"},
    ]


def test_a_service_may_publish_one_protocol() -> None:
    assert [port["name"] for port in NodePorts(9000, 2).of_service(("UDP",))] == ["p2p-udp", "sessionu-9001"]


def test_a_container_declares_both_protocols() -> None:
    assert NodePorts(9000, 1).of_container() == [
        {"name": "p2p-tcp", "containerPort": 9000, "protocol": "TCP"},
        {"name": "p2p-udp", "containerPort": 9000, "protocol": "UDP"},
    ]


def test_the_port_map_leads_each_port_to_the_same_port_of_its_node() -> None:
    assert port_map_entries("hoprd", {"b": range(9002, 9003), "a": range(9000, 9002), "none": range(0)}) == {
        "9000": "hoprd/a:9000",
        "9001": "hoprd/a:9001",
        "9002": "hoprd/b:9002",
    }


def test_the_ingress_controller_opens_the_whole_range_with_both_ends() -> None:
    assert ingress_controller_ports(9000, 9001) == [
        {"name": "tcp-9000", "containerPort": 9000, "protocol": "TCP"},
        {"name": "udp-9000", "containerPort": 9000, "protocol": "UDP"},
        {"name": "tcp-9001", "containerPort": 9001, "protocol": "TCP"},
        {"name": "udp-9001", "containerPort": 9001, "protocol": "UDP"},
    ]
