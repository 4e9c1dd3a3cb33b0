"""Valid settings: defaults, derived values, the nodes of the stack, and port ranges that are large enough."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from config.models.pools import Balances, Pool, SafePolicy
from config.models.scalars import Amount
from config.models.settings import Settings
from config.models.stack_file import StackFile
from config.models.wallet import Wallet
from config.validation.parse import parse
from testkit.config.sample import ABSENT, PASSWORD, PRIVATE_KEY, TOKEN, WALLET_ADDRESS, changed, good, problems

ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def _settings(changes: dict[str, Any]) -> Settings:
    return parse(changed(changes), "test")


def test_the_wallets_address_comes_from_its_key_with_or_without_0x() -> None:
    assert _settings({}).wallet.address == WALLET_ADDRESS
    assert _settings({"wallet/privateKey": "0x" + PRIVATE_KEY}).wallet.address == WALLET_ADDRESS
    assert _settings({"wallet/address": WALLET_ADDRESS.lower()}).wallet.address == WALLET_ADDRESS


def test_a_wallet_without_key_and_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither private_key nor address"):
        Wallet(identity_password=SecretStr(PASSWORD))


def test_minimums_are_half_of_their_targets_by_default() -> None:
    assert Balances(node_xdai=Amount("0.3")).node_xdai_minimum == Amount("0.15")
    assert Balances(node_xdai=Amount("0.3"), node_xdai_minimum=Amount("0.2")).node_xdai_minimum == Amount("0.2")


def test_whole_amounts_need_no_quotes() -> None:
    assert _settings({"pools/core/balances/safeWxhopr": 10}).pools["core"].balances.safe_wxhopr == Amount("10")


def test_a_limited_allowance_is_an_amount() -> None:
    assert _settings({"pools/core/safe/allowance": "12.5"}).pools["core"].safe.allowance == Amount("12.5")
    assert SafePolicy().allowance == "unlimited"


def test_built_in_and_custom_networks() -> None:
    assert _settings({}).network.contracts.channels == "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7"
    mine = _settings({"network": "mine", "pools/core/funding": ABSENT}).network
    assert (mine.name, mine.chain_id, mine.contracts.token) == ("mine", 31337, TOKEN)


def test_the_api_token_is_required_only_for_a_secret_that_the_program_creates() -> None:
    without_token = {"wallet/apiToken": ABSENT}
    assert problems(changed({**without_token, "pools/core/secretName": "theirs"})) == []
    assert problems(changed(without_token)) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"wallet": {"from": {"secretsManager": {"secretId": "prod/hoprd"}}, "address": WALLET_ADDRESS}},
        {
            "wallet": {"from": {"kubernetesSecret": "theirs"}, "address": WALLET_ADDRESS},
            "pools/core/secretName": "theirs",
        },
        {
            "wallet": {"from": {"secretsManager": {"secretId": "prod/hoprd"}}, "address": WALLET_ADDRESS},
            "pools/core/keySource": "seed",
        },
    ],
)
def test_secrets_that_are_stored_elsewhere_are_not_missing(changes: dict[str, Any]) -> None:
    assert problems(changed(changes)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"pools/core/funding": ABSENT},
        {"pools/core/funding/secretName": "paid-by-another-account"},
        {"pools/core/secretName": "theirs"},
    ],
)
def test_a_key_in_kms_needs_no_private_key_unless_a_job_in_the_cluster_pays(changes: dict[str, Any]) -> None:
    wallet = {
        "kms": {"keyId": "alias/hoprd"},
        "address": WALLET_ADDRESS,
        "identityPassword": "a",
        "apiToken": "long-enough",
    }
    assert problems(changed({"wallet": wallet, **changes})) == []


def test_identities_may_retire_while_enough_stay() -> None:
    assert problems(changed({"pools/core/identities": {"core-7": {"retire": True}}})) == []


def test_admins_without_the_wallet_need_an_explicit_setting() -> None:
    (problem,) = problems(changed({"pools/core/safe/admins": [ADMIN]}))
    assert problem.startswith(f"pools.core.safe.admins: gives the Safes of core-1…7 to {ADMIN}, without wallet 0x")
    assert problem.endswith("add the wallet to the list, or set pools.core.safe.ownersWithoutWallet to true")
    assert problems(changed({"pools/core/safe": {"admins": [ADMIN], "ownersWithoutWallet": True}})) == []


def test_admins_with_the_wallet_need_no_explicit_setting() -> None:
    wallet = _settings({}).wallet.address
    assert problems(changed({"pools/core/safe": {"admins": [ADMIN, wallet], "threshold": 2}})) == []


def test_workloads_are_all_nodes_with_their_cluster_and_identity() -> None:
    workloads = _settings({"clusters/edge/forceIdentityName": True, "nodes/solo/identityName": "core-7"}).workloads()
    assert list(workloads) == ["edge-1", "edge-2", "edge-3", "edge-4", "edge-5", "solo"]
    assert workloads["edge-2"].cluster_name == "edge"
    assert workloads["edge-2"].identity_name == "core-2"
    assert (workloads["solo"].cluster_name, workloads["solo"].identity_name) == (None, "core-7")


def test_without_a_forced_identity_the_identity_name_is_none() -> None:
    assert {node.identity_name for node in _settings({}).workloads().values()} == {None}


def test_nodes_may_use_all_identities_of_a_pool() -> None:
    assert len(_settings({"clusters/edge/replicas": 6}).workloads()) == 7


def test_a_cluster_of_no_nodes_is_allowed() -> None:
    assert list(_settings({"clusters/edge/replicas": 0}).workloads()) == ["solo"]


def test_a_cluster_that_forces_identities_may_share_its_pool_with_another_cluster() -> None:
    edge = {**good()["clusters"]["edge"], "replicas": 2}
    assert problems(changed({"clusters": {"a": {**edge, "forceIdentityName": True}, "b": edge}})) == []


def test_probes_and_resources_may_be_yaml_text_or_mappings() -> None:
    as_mapping = {"httpGet": {"path": "/readyz", "port": 3001}, "periodSeconds": 15}
    as_text = "httpGet:\n  path: /readyz\n  port: 3001\nperiodSeconds: 15\n"
    for written in (as_mapping, as_text):
        cluster = _settings({"clusters/edge/deployment": {"readinessProbe": written}}).clusters["edge"]
        assert cluster.deployment.readiness_probe == as_mapping


def test_hoprds_yaml_tags_are_allowed_in_its_configuration() -> None:
    config = "hopr:\n  strategy:\n    strategies:\n      - !AutoFunding\n        min_stake_threshold: 1\n"
    assert _settings({"clusters/edge/config": config}).clusters["edge"].config == config


def test_empty_sections_count_as_absent() -> None:
    assert problems(changed({"nodes": None, "networks": None})) == []


@given(st.integers(1, 200), st.integers(0, 6), st.integers(10_255, 60_000))
def test_a_port_range_is_accepted_exactly_when_all_blocks_fit(allocation: int, replicas: int, first: int) -> None:
    needed = replicas * allocation + 10  # node solo has the default of 10
    for size, fits in ((needed, True), (needed - 1, False)):
        raw = changed(
            {
                "clusters/edge/portsAllocation": allocation,
                "clusters/edge/replicas": replicas,
                "platform/ingress/ports": {"min": first, "max": first + size - 1},
            }
        )
        assert ([p.split(":")[0] for p in problems(raw)] == []) is fits


def test_nodes_with_their_own_address_need_no_ports_of_the_range() -> None:
    raw = changed({"platform/ingress/ports": {"min": 9000, "max": 9009}, "clusters/edge/service/type": "LoadBalancer"})
    assert problems(raw) == []


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        _settings({}).pools["core"].size = 8  # type: ignore[misc]


@given(st.integers(1, 200), st.booleans(), _balances := st.integers(0, 10**24).map(Amount.from_wei))
def test_a_pool_round_trips_through_its_serialised_form(size: int, protect_keys: bool, target: Amount) -> None:
    pool = Pool(size=size, protect_keys=protect_keys, balances=Balances(node_xdai=target))
    assert Pool.model_validate(pool.model_dump(by_alias=True)) == pool


def test_the_sections_round_trip_through_their_serialised_form() -> None:
    limits = {"spending": {"xdai": "5"}, "pools/core/spending": {"wxhopr": "10"}, "escrow": {"directory": "/escrow"}}
    file = StackFile.model_validate(changed(limits))
    written = file.model_dump(by_alias=True)
    written["chain"]["rpcUrl"] = file.chain.rpc_url.get_secret_value()
    assert StackFile.model_validate(written) == file


@pytest.mark.parametrize(
    ("network", "secret", "refused"),
    [("dufour", None, True), ("dufour", "hoprd-funding", False), ("rotsee", None, False)],
)
def test_on_the_production_network_the_funding_job_never_gets_the_wallets_key(
    network: str, secret: str | None, refused: bool
) -> None:
    funding = {"schedule": "0 */6 * * *", "nativeAmount": "0.1", **({"secretName": secret} if secret else {})}
    found = problems(changed({"network": network, "pools/core/funding": funding}))
    said = [
        text for text in found if text.startswith("pools.core.funding.secretName: is missing, so the funding job's")
    ]
    assert bool(said) is refused
