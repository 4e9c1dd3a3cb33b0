"""Which objects of the cluster are copies of this stack's identity files."""

from contextlib import nullcontext
from typing import Any

import pytest

from config.cluster_names import STACK_ANNOTATION
from identity.secrets import cluster_secret
from identity.secrets.cluster_secret import read_identity_files


def marked(name: str, stack: str | None, **content: Any) -> dict[str, Any]:
    annotations = {} if stack is None else {STACK_ANNOTATION: stack}
    return {"metadata": {"name": name, "annotations": annotations}, **content}


@pytest.mark.parametrize(
    ("owner", "is_found"),
    [
        ("hoprd/rotsee", True),
        ("renamed/rotsee", True),
        ("organization/hoprd/rotsee", True),
        (None, True),
        ("hoprd/dufour", False),
    ],
)
def test_objects_of_other_stacks_have_no_copy(
    owner: str | None, is_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Api(nullcontext[None]):
        def __enter__(self) -> Any:
            return self

        def get(self, path: str) -> Any:
            assert path == "/api/v1/namespaces/hoprd/secrets/core-identities"
            return marked("core-identities", owner, data={"core-1": "YQ=="})

        def list(self, path: str, *, metadata_only: bool) -> Any:
            assert (path, metadata_only) == ("/apis/hoprnet.org/v1alpha2/namespaces/hoprd/identityhoprds", False)
            return [marked("core-2", owner, spec={"identityFile": "Yg=="})]

    monkeypatch.setattr(cluster_secret, "ClusterApi", Api)
    found = read_identity_files("core-identities", "hoprd", None, "rotsee")
    assert [(name, text) for name, _, text in found] == ([("core-1", "YQ=="), ("core-2", "Yg==")] if is_found else [])
    assert len(read_identity_files("core-identities", "hoprd", None)) == 2
