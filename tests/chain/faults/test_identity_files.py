"""An identity file that cannot be decrypted, is truncated, too large or of another node signs nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from identity.errors import IdentityError
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from identity.provider import PoolOnChainProvider
from testkit.chain.decommissioned_pool import BalancesInService, start_node
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import SIZE, PoolOnChain, node_key
from testkit.chain.stack import PLANTED, created, inputs_with_files, updated


def with_another_password(_file: str) -> str:
    keys = NodeKeyPair(node_key(1), bytes([1]) * 32)
    return _encoded(keyfile.write(keys, "another password"))


def truncated(file: str) -> str:
    return _encoded(base64.b64decode(file).decode()[:-200])


def empty(_file: str) -> str:
    return ""


def huge(_file: str) -> str:
    return _encoded("[" * 10**6)


def of_another_node(_file: str) -> str:
    return _encoded(keyfile.write(NodeKeyPair.generate(), PLANTED))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DAMAGES: dict[Callable[[str], str], str] = {
    with_another_password: "password does not decrypt",
    truncated: "identity file",
    empty: "identity file",
    huge: "at most 16384",
    of_another_node: "not of 0x",
}


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, SIZE)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_an_unusable_identity_file_stops_the_decommission_and_the_correct_file_completes_it(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str], damage: Callable[[str], str]
) -> None:
    outputs = created(provider, inputs_with_files(pool, files))
    for name in files:
        start_node(pool, name)
    in_service = BalancesInService.of(pool)
    damaged = {**files, "core-1": damage(files["core-1"])}
    with pytest.raises(IdentityError, match=DAMAGES[damage]) as caught:
        updated(provider, outputs, inputs_with_files(pool, damaged, retired=tuple(files)))
    assert PLANTED not in str(caught.value)
    assert "\n" not in str(caught.value)
    updated(provider, outputs, inputs_with_files(pool, files, retired=tuple(files)))
    in_service.assert_fully_decommissioned()
