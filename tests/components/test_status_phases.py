"""Each phase on both sides of its boundary."""

import pytest

from components.manifests.status import cluster_status, identity_status, node_status, pool_status

STAMP = {"timestamp": "2026-01-01T00:00:00Z", "checksum": "abc", "other": "not shown"}
SHOWN = {"updateTimestamp": "2026-01-01T00:00:00Z", "checksum": "abc"}


@pytest.mark.parametrize(
    ("desired", "usable", "locked", "phase"),
    [
        (3, 3, 0, "Ready"),
        (3, 2, 0, "Initialized"),
        (3, 0, 0, "Initialized"),
        (3, 4, 0, "Ready"),
        (3, 3, 3, "Ready"),
        (3, 2, 2, "Initialized"),
        (3, 2, 3, "OutOfSync"),
        (3, 3, 4, "OutOfSync"),
        (1, 0, 0, "Initialized"),
        (0, 0, 0, "Ready"),
    ],
)
def test_a_pool_is_ready_only_with_every_identity(desired: int, usable: int, locked: int, phase: str) -> None:
    status = pool_status(desired=desired, usable=usable, locked=locked, stamp=STAMP)
    assert status == {"phase": phase, "size": usable, "locked": locked, **SHOWN}


@pytest.mark.parametrize("node", [None, ""])
def test_an_identity_without_a_node_is_ready(node: str | None) -> None:
    assert identity_status(node) == {"phase": "Ready"}


def test_an_identity_with_a_node_is_in_use() -> None:
    assert identity_status("a-1") == {"phase": "InUse", "hoprdNodeName": "a-1"}


@pytest.mark.parametrize(("node", "shown"), [(None, {}), ("a-1", {"hoprdNodeName": "a-1"})])
def test_an_identity_without_its_volume_has_failed(node: str | None, shown: dict[str, str]) -> None:
    assert identity_status(node, lost=True) == {"phase": "Failed", **shown}


def test_the_status_of_a_node_names_its_identity() -> None:
    assert node_status("Running", "core-1", STAMP) == {"phase": "Running", "identityName": "core-1", **SHOWN}


@pytest.mark.parametrize(
    ("phases", "enabled", "phase", "running"),
    [
        ([], True, "Ready", 0),
        (["Running"], True, "Ready", 1),
        (["Running", "Initializing"], True, "Scaling", 1),
        (["Initializing"], True, "Scaling", 0),
        (["Running", "Failed"], True, "Failed", 1),
        (["Running", "Running"], False, "NotScaled", 2),
        (["Stopped"], False, "NotScaled", 0),
    ],
)
def test_a_cluster_is_ready_only_when_every_node_runs(
    phases: list[str], enabled: bool, phase: str, running: int
) -> None:
    status = cluster_status(phases, enabled=enabled, stamp=STAMP)
    assert status == {"phase": phase, "currentNodes": running, **SHOWN}
