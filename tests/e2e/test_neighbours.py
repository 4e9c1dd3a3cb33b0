"""Stacks that share a cluster: definitions, port maps, and names that another stack has."""

import json
from collections.abc import Callable

from testkit.e2e.fleet import CLUSTER, Fleet


def port_map(fleet: Fleet, protocol: str) -> dict[str, str]:
    data: dict[str, str] = fleet.objects("configmap", "ingress-nginx")[f"ingress-nginx-{protocol}"]["data"]
    return data


def patch(fleet: Fleet, entries: dict[str, str | None]) -> None:
    """Change the TCP port map as somebody else; None removes an entry."""
    change = json.dumps({"data": entries})
    fleet.kubectl("patch", "configmap", "ingress-nginx-tcp", "-n", "ingress-nginx", "--type=merge", "-p", change)


def test_stacks_share_a_cluster(small_fleet: Callable[..., Fleet]) -> None:
    first, second = small_fleet("first"), small_fleet("second")
    first.must("up")
    port_maps_that_were_reset_are_seen_and_put_back(first)
    a_volume_cannot_shrink_and_the_preview_says_so_once(first)
    a_second_stack_shares_the_definitions_and_takes_no_object_of_the_first(first, second)
    first.must("up", "--expect-no-changes")


def port_maps_that_were_reset_are_seen_and_put_back(first: Fleet) -> None:
    before = {protocol: port_map(first, protocol) for protocol in ("tcp", "udp")}
    own = sorted(port for port, target in before["tcp"].items() if target.startswith("first/"))
    foreign = {port: target for port, target in before["tcp"].items() if port not in own}
    patch(first, dict.fromkeys(own))
    first.kubectl("delete", "configmap", "ingress-nginx-udp", "-n", "ingress-nginx")
    literals = [f"--from-literal={port}={target}" for port, target in before["udp"].items() if port not in own]
    first.kubectl("create", "configmap", "ingress-nginx-udp", "-n", "ingress-nginx", *literals)

    assert f"the port maps lack {len(own)} entries of this stack" in first.must("preview")
    first.must("up", "--refresh")
    assert {protocol: port_map(first, protocol) for protocol in ("tcp", "udp")} == before
    assert foreign.items() <= port_map(first, "tcp").items()

    patch(first, {own[0]: "other/web:80"})
    refused = first.run("preview")
    assert refused.returncode != 0
    assert f"port {own[0]} in port map ingress-nginx/ingress-nginx-tcp leads to other/web:80" in refused.stdout
    patch(first, {own[0]: None})
    first.must("up")
    assert port_map(first, "tcp") == before["tcp"]


def a_volume_cannot_shrink_and_the_preview_says_so_once(first: Fleet) -> None:
    configured = first.stack.source.read_text()
    first.edit(lambda settings: settings["platform"]["persistence"].update(size="2Gi"))
    refused = first.run("preview")
    assert refused.returncode != 0
    message = "platform.persistence.size: 2Gi is less than 4Gi, the size of 2 volumes, and Kubernetes cannot shrink"
    assert message in refused.stdout
    first.stack.source.write_text(configured)


def a_second_stack_shares_the_definitions_and_takes_no_object_of_the_first(first: Fleet, second: Fleet) -> None:
    second.edit(lambda settings: settings["platform"].update(namespace="first"))
    refused = second.run("preview")
    assert refused.returncode != 0
    assert "of stack hoprd/first: choose another namespace" in refused.stdout
    second.edit(lambda settings: settings["platform"].update(namespace="second"))
    second.must("up")

    ports = {fleet.stack.name: fleet.outputs()["nodes"][f"{CLUSTER}-1"]["port"] for fleet in (first, second)}
    assert abs(ports["first"] - ports["second"]) >= 10
    second.must("destroy")
    assert set(port_map(first, "tcp").values()) >= {f"first/{CLUSTER}-1:{ports['first']}"}
