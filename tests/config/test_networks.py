"""A network of the user's own: what hoprd and hopli need of it is there, or an error before anything is created."""

from typing import Any

import pytest
import yaml

from components.manifests.protocols import Protocols
from config.models.node_configuration import defines_network, with_protocols
from config.models.settings import Settings
from config.validation.parse import parse
from testkit.config.sample import ABSENT, TOKEN, changed, problems

_MINE: dict[str, Any] = {"network": "mine", "pools/core/funding": ABSENT, "nodes": {}}


def _settings(changes: dict[str, Any]) -> Settings:
    return parse(changed({**_MINE, **changes}), "test")


def _configuration(changes: dict[str, Any]) -> Any:
    settings = _settings(changes)
    return yaml.safe_load(Protocols(settings.network, settings.chain).configuration(settings.clusters["edge"]))


@pytest.mark.parametrize(
    ("field", "use"),
    [
        ("contracts.nodeStakeFactory", "the factory of Safes"),
        ("contracts.ticketPriceOracle", "the oracle of the ticket price"),
        ("contracts.winningProbabilityOracle", "the oracle of the winning probability"),
        ("provider", "their RPC endpoint, without a key"),
    ],
)
def test_a_value_that_hoprd_needs_is_missing(field: str, use: str) -> None:
    changes = {f"networks/mine/{field.replace('.', '/')}": ABSENT, "clusters/edge/version": "2.2.3"}
    assert problems(changed({**_MINE, **changes})) == [
        f"networks.mine.{field}: is missing, and the nodes need it ({use}), because hoprd does not know 'mine'; set "
        "it, or define the network under hopr.chain.protocols in the nodes' config"
    ]
    assert problems(changed({**changes, "network": "rotsee"})) == []


def test_an_older_line_has_no_oracle_of_the_winning_probability() -> None:
    changes = {"networks/mine/contracts/winningProbabilityOracle": ABSENT, "clusters/edge/version": "2.1.5"}
    assert "winning_probability_oracle" not in _addresses(_configuration(changes))


def test_a_line_without_networks_needs_an_endpoint_of_the_network() -> None:
    node = {"clusters/edge/version": "3.0.2", "clusters/edge/supportedRelease": "kaunas"}
    assert problems(changed({**_MINE, **node})) == [
        "clusters.edge.version: '3.0.2' takes its network from a Blokli endpoint and has no setting for 'mine'; set "
        "HOPRD_PROVIDER in deployment.env to the network's endpoint, or use a 2.2 version"
    ]
    endpoint = {"clusters/edge/deployment": {"env": [{"name": "HOPRD_PROVIDER", "value": "https://blokli.mine"}]}}
    settings = _settings({**node, **endpoint})
    node_text = Protocols(settings.network, settings.chain).configuration(settings.clusters["edge"])
    assert node_text == settings.clusters["edge"].config


def test_hopli_does_not_know_the_network() -> None:
    with_funding = {"network": "mine", "nodes": {}}
    assert problems(changed(with_funding)) == [
        "pools.core.funding: runs hopli, which does not know 'mine'; build this program's image "
        "(docs/operations.md#keep-nodes-funded) and set platform.images.topUp, or remove funding"
    ]
    own_image = {"platform/images": {"topUp": "registry.example.org/top-up:1.0.0"}}
    assert problems(changed({**with_funding, **own_image})) == []
    assert problems(changed({**with_funding, "platform/kubeContext": "devnet"})) == []


def _addresses(configuration: Any) -> dict[str, str]:
    addresses: dict[str, str] = configuration["hopr"]["chain"]["protocols"]["networks"]["mine"]["addresses"]
    return addresses


def test_the_network_is_added_to_the_configuration_of_a_node() -> None:
    made = _configuration({"clusters/edge/version": "2.2.3", "networks/mine/indexerStartBlock": 12})
    assert made["hopr"]["chain"]["announce"] is True
    protocols = made["hopr"]["chain"]["protocols"]
    assert protocols["chains"]["mine"] == {
        "description": "The chain of network mine",
        "chain_id": 31337,
        "live": False,
        "default_provider": "https://rpc.mine.example.org",
        "max_fee_per_gas": "10 gwei",
        "max_priority_fee_per_gas": "2 gwei",
        "native_token_name": "xDAI",
        "hopr_token_name": "wxHOPR",
        "block_time": 5000,
        "tags": [],
    }
    network = protocols["networks"]["mine"]
    assert network.pop("addresses") == dict.fromkeys(
        (
            "network_registry",
            "network_registry_proxy",
            "channels",
            "token",
            "module_implementation",
            "node_safe_registry",
            "ticket_price_oracle",
            "winning_probability_oracle",
            "announcements",
            "node_stake_v2_factory",
        ),
        TOKEN,
    )
    assert network == {
        "chain": "mine",
        "environment_type": "development",
        "version_range": "*",
        "indexer_start_block_number": 12,
        "tags": [],
        "confirmations": 8,
        "tx_polling_interval": 1000,
        "max_block_range": 200,
    }


def test_a_built_in_network_and_an_own_definition_stay_as_they_are() -> None:
    own = "hopr: {chain: {protocols: {networks: {mine: {chain: x}}, chains: {}}}}\n"
    for changes in ({"network": "rotsee"}, {"clusters/edge/config": own}):
        settings = _settings(changes)
        config = settings.clusters["edge"].config
        assert Protocols(settings.network, settings.chain).configuration(settings.clusters["edge"]) == config


@pytest.mark.parametrize(
    "config",
    [
        "a: 1\n",
        "hopr:\n",
        "hopr: {}\n",
        "hopr: {chain: ~}\n",
        "hopr:\n  chain: {announce: true, protocols: {old: 1}}\n",
    ],
)
def test_the_protocols_have_their_place_whatever_the_configuration_has(config: str) -> None:
    made = with_protocols(config, {"networks": {"mine": {}}})
    assert yaml.safe_load(made)["hopr"]["chain"]["protocols"] == {"networks": {"mine": {}}}
    assert defines_network(made, "mine")
    assert not defines_network(config, "mine")


_KEPT = ("!AutoFunding", "!Passive", "!IPv4", "$(A) ü", "'1 wxHOPR'", "'010'")


def test_hoprds_own_tags_and_texts_stay() -> None:
    config = (
        "hopr:\n  host: {address: !IPv4 1.2.3.4}\n  strategy:\n    strategies:\n      - !AutoFunding\n"
        "        min_stake_threshold: '1 wxHOPR'\n      - !Passive\n  note: \"$(A) ü\"\n  number: 0x10\n  text: '010'\n"
    )
    made = with_protocols(config, {})
    assert [word in made for word in ("!AutoFunding", "!Passive", "!IPv4", "$(A) ü", "'1 wxHOPR'", "'010'")] == [
        True
    ] * 6
    nodes = [yaml.compose(text, Loader=yaml.SafeLoader) for text in (config, made)]
    assert _plain(nodes[1])["hopr"].pop("chain")
    assert {**_plain(nodes[1])["hopr"], "chain": None} == {**_plain(nodes[0])["hopr"], "chain": None}


def _plain(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_plain(key)[1]: _plain(value) for key, value in node.value}
    return [_plain(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else (node.tag, node.value)
