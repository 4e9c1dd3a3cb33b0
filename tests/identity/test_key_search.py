"""The search for keys that the state lacks: what it finds, what it refuses, and when it makes no request."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.models.escrow import Escrow
from config.models.identities import Identity
from config.models.settings import Settings
from identity.errors import KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import copies, escrow, keyfile
from identity.keys.fingerprint import NodeIds
from identity.keys.pair import NodeKeyPair
from identity.keys.search import FoundKeys, search
from identity.secrets.sources import Secrets, secrets_of
from testkit.manifests import samples

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

POOL = samples.POOL_NAME
FIRST, SECOND, THIRD = NAMES = [f"{POOL}-{number}" for number in (1, 2, 3)]
PASSWORD = "planted password of a stack"  # pragma: allowlist secret
KEYS = NodeKeyPair.generate()
NODE = NodeIds(KEYS.native_address, KEYS.peer_id)


def stack(**pool: Any) -> Settings:
    settings = samples.settings(pools={POOL: samples.POOL.model_copy(update={"size": 3, **pool})})
    wallet = settings.wallet.model_copy(
        update={"identity_password": SecretStr(PASSWORD), "identity_seed": SecretStr("5eed" * 16)}
    )
    return settings.model_copy(update={"wallet": wallet})


def secrets(settings: Settings) -> Secrets:
    return secrets_of(settings.wallet, settings.platform)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The searches of the cluster, which has a file of the first identity."""
    return cluster_with(monkeypatch, {FIRST: keyfile.write(KEYS, PASSWORD)})


def cluster_with(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> list[object]:
    reads: list[object] = []

    def read(*place: object) -> list[tuple[str, str, str]]:
        reads.append(place)
        return [(name, "the Secret", base64.b64encode(text.encode()).decode()) for name, text in files.items()]

    monkeypatch.setattr(copies, "read_identity_files", read)
    return reads


def test_keys_in_cluster_and_escrow_are_found_with_one_search_of_the_cluster(
    reads: list[object], tmp_path: Path
) -> None:
    settings, other = stack().model_copy(update={"escrow": Escrow(directory=str(tmp_path))}), NodeKeyPair.generate()
    location = escrow.location_of(settings.escrow, settings.stack, SECOND)
    assert location
    escrow.entry_at(location).write(keyfile.write(other, PASSWORD), new=True)
    found = search(settings, secrets(settings), {})
    assert found == FoundKeys({FIRST: NODE, SECOND: NodeIds(other.native_address, other.peer_id)})
    platform = settings.platform
    assert reads == [(f"{POOL}-identities", platform.namespace, platform.kube_context, settings.stack)]


@pytest.mark.parametrize(
    ("pool", "in_state"),
    [
        ({}, NAMES),
        ({"key_source": "seed"}, []),
        ({"identities": {THIRD: Identity(identity_file=SecretStr("{}"))}}, NAMES[:2]),
    ],
)
def test_nothing_is_read_if_state_or_configuration_have_all_keys(
    reads: list[object], pool: dict[str, Any], in_state: list[str]
) -> None:
    settings = stack(**pool)
    assert search(settings, secrets(settings), in_state) == FoundKeys()
    assert reads == []


def test_keys_of_retired_identities_are_found(reads: list[object]) -> None:
    settings = stack(identities={FIRST: Identity(retire=True)})
    assert search(settings, secrets(settings), {}).nodes == {FIRST: NODE}
    assert len(reads) == 1


@pytest.mark.faults
def test_a_cluster_that_cannot_be_searched_is_the_result_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> list[tuple[str, str, str]]:
        raise SecretsUnavailable("platform: the cluster does not respond")

    monkeypatch.setattr(copies, "read_identity_files", silent)
    settings = stack(identities={FIRST: Identity(native_address=NODE.native_address)})
    found = search(settings, secrets(settings), {})
    assert (found.nodes, str(found.not_searched)) == ({}, "platform: the cluster does not respond")


@pytest.mark.faults
def test_a_copy_that_no_password_opens_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster_with(monkeypatch, {FIRST: keyfile.write(KEYS, "another password"), SECOND: "{"})
    settings = stack()
    with pytest.raises(WrongPassword, match=r"^wallet\.identityPassword does not decrypt .* in the Secret: "):
        search(settings, secrets(settings), {})


@pytest.mark.parametrize(("name", "text"), [(FIRST, "differs from"), (SECOND, "neither in the state nor in an escrow")])
def test_keys_that_the_configuration_contradicts_or_misses_are_an_error(
    reads: list[object], name: str, text: str
) -> None:
    settings = stack(identities={name: Identity(native_address="0x" + "11" * 20)})
    with pytest.raises(KeyfileError, match=text):
        search(settings, secrets(settings), {})
    assert len(reads) == 1
