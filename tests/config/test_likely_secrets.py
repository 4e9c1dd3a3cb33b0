"""What counts as a probable secret in a node's configuration, how it is concealed, and when it is warned of."""

import pytest
import yaml

from config.models.likely_secrets import ALL_CONCEALED, concealed, is_likely_secret, secret_paths
from config.models.limited_yaml import compose
from config.validation.parse import parse_with_advice
from devnet.home import CHECKOUT
from testkit.config.sample import changed, good

PLANTED = "planted9f3kc02jfa8d7x"
URL = f"https://rpc.example.org/v3/{PLANTED}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("provider", URL),
        ("provider", "https://user:pw@rpc.example.org"),  # pragma: allowlist secret
        ("provider", f"wss://rpc.example.org/?apikey={PLANTED}"),
        ("note", f"see {URL} for it"),
        ("privateKey", "abc"),
        ("PRIVATE_KEY", "abc"),
        ("api-key", "abc"),
        ("apiToken", "abc"),
        ("HOPRD_PASSWORD_OF_X", ""),
        ("db_password", "12345"),
        ("clientSecret", "abc"),
        ("Authorization", "Bearer abc"),
        ("pwd", "abc"),
        ("DB_PWD", "abc"),
        ("auth", "abc"),
        ("basicAuth", "abc"),
        ("seed", "abc"),
        ("seedPhrase", "abc"),
        ("tokens", "abc"),
        ("note", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"),
        ("note", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        ("anything", "0x" + "ab" * 32),
    ],
)
def test_probable_secrets(name: str, value: str) -> None:
    assert is_likely_secret(name, value) is bool(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUST_LOG", "debug"),
        ("provider", "https://rpc.gnosischain.com"),
        ("url", "https://docs.example.org/a-long-path-of-words-without-digits/index.html"),
        ("network", "dufour"),
        ("token", "null"),
        ("auth", "None"),
        ("author", "abc"),
        ("seeding", "abc"),
        ("note", "-----BEGIN PUBLIC KEY-----"),
        ("tokens_per_minute", "5"),
        ("announce", "true"),
        ("address", "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"),
        ("min_stake_threshold", "1 wxHOPR"),
    ],
)
def test_ordinary_values(name: str, value: str) -> None:
    assert not is_likely_secret(name, value)


@pytest.mark.parametrize("stack", ["local", "rotsee", "dufour"])
def test_the_checked_in_configurations_have_none(stack: str) -> None:
    content = yaml.safe_load((CHECKOUT / f"Pulumi.{stack}.yaml").read_text())["config"]
    for cluster in content["hoprd:clusters"].values():
        assert secret_paths(cluster["config"]) == []
        assert concealed(cluster["config"]) == cluster["config"]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (f"hopr:\n  chain:\n    provider: {URL}\n    announce: true\n", ["hopr.chain.provider"]),
        (f"a: [{URL}, {{password: {PLANTED}}}]\n", ["a[0]", "a[1].password"]),
        (f"secrets:\n  any: {PLANTED}\n", ["secrets.any"]),
        (f"a: !Tag\n  token: |\n    {PLANTED}\n    more\nb: 1\n", ["a.token"]),
        (f"tls: |\n  -----BEGIN EC PRIVATE KEY-----\n  {PLANTED}\n", ["tls"]),
        (f"hopr:\n  api:\n    auth: !Token {PLANTED}\n", ["hopr.api.auth"]),
        (f"tokens:\n  - {PLANTED}\n", ["tokens[0]"]),
        (f"a: 1 # token: {PLANTED}\n", ["(comment in line 1)"]),
        (f"# {URL}\na: 1\n", ["(comment in line 1)"]),
        (f"a: &x\n  password: &y {PLANTED}\nb: *y\n", ["a.password"]),
    ],
)
def test_probable_secrets_are_found_with_their_paths_and_concealed(text: str, paths: list[str]) -> None:
    assert secret_paths(text)[: len(paths)] == paths
    shown = concealed(text)
    assert PLANTED not in shown
    assert isinstance(compose(shown), yaml.MappingNode)
    assert shown == ALL_CONCEALED or "[secret]" in shown or "#" not in shown


def test_other_lines_stay_as_they_are() -> None:
    shown = concealed(f"hopr:\n  chain:\n    provider: '{URL}'\n    announce: true\n")
    assert shown == "hopr:\n  chain:\n    provider: '[secret]'\n    announce: true\n"


def test_a_secret_in_clear_is_warned_of_with_its_path_and_without_its_value() -> None:
    raw = changed({"chain/rpcUrl": "https://rpc.example.org"})
    name = next(iter(raw["clusters"]))
    raw["clusters"][name]["config"] = f"hopr: {{provider: '{URL}'}}"
    raw["clusters"][name]["deployment"] = {"env": [{"name": "MY_TOKEN", "value": PLANTED}]}
    _, warnings = parse_with_advice(raw, "s", ["wallet"])
    said = [str(warning) for warning in warnings if "probably has a secret" in str(warning)]
    assert said[0].startswith(f"clusters.{name}.config: probably has a secret in plain text: hopr.provider; ")
    assert said[1].startswith(f"clusters.{name}.deployment.env: probably has a secret in plain text: MY_TOKEN; ")
    assert PLANTED not in "".join(said)
    _, warnings = parse_with_advice(raw, "s", ["wallet", "clusters"])
    assert not [warning for warning in warnings if "probably has a secret" in str(warning)]
    _, warnings = parse_with_advice(good(), "s")
    assert not [warning for warning in warnings if "probably has a secret" in str(warning)]


def test_a_long_word_is_searched_in_linear_time() -> None:
    assert not is_likely_secret("text", "a" * 1_000_000)  # a quadratic search takes hours
    assert not is_likely_secret("text", "a." * 500_000)
