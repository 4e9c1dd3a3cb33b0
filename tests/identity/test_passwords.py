"""Rules of passwords and tokens: the same from every source, with the way out, and never looser than their readers."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from config.errors import HoprdError
from config.models.wallet import SecretsManagerSecret, Wallet, WalletSource, password_advice, password_weakness
from identity.__main__ import main
from identity.errors import KeyfileError, WrongPassword
from identity.keys import keyfile
from identity.keys.origin import keys_in
from identity.keys.pair import NodeKeyPair
from identity.secrets.sources import secrets_of
from testkit import aws as service
from testkit.identity.node_keys import INPUTS, WALLET, configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

KEY = "07" * 32
GOOD = {
    "DEPLOYER_PRIVATE_KEY": KEY,
    "IDENTITY_PASSWORD": "planted password",  # pragma: allowlist secret
    "HOPRD_API_TOKEN": "planted token",
}
NFC, NFD = "planted caf\u00e9 creme", "planted cafe\u0301 creme"
LINE_BREAKS = ["planted value\n", "planted value\r\n", "\nplanted value", "planted\nvalue"]


def in_configuration(**values: str) -> str:
    with pytest.raises(ValidationError) as caught:
        Wallet.model_validate({"address": WALLET, **values})
    (error,) = caught.value.errors()
    return str(error["msg"])


def in_secrets_manager(values: dict[str, str]) -> str:
    service.client("secretsmanager").create_secret(Name="prod/hoprd", SecretString=json.dumps(GOOD | values))
    source = WalletSource(secrets_manager=SecretsManagerSecret(secret_id="prod/hoprd"))
    with pytest.raises(HoprdError) as caught:
        secrets_of(Wallet(source=source, address=Wallet(private_key=SecretStr(KEY)).address))
    assert "planted" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *((text, "contains a line break, which editors add at the end of a file; remove it") for text in LINE_BREAKS),
        ("planted\x00value", "contains a NUL character"),
        ("  ", "is empty"),
    ],
)
@pytest.mark.parametrize(("key", "entry"), [("identityPassword", "IDENTITY_PASSWORD"), ("apiToken", "HOPRD_API_TOKEN")])
def test_unusable_values_are_refused_from_configuration_and_source(
    aws: str, key: str, entry: str, value: str, said: str
) -> None:
    assert in_configuration(**{key: value}).startswith(said)
    assert in_secrets_manager({entry: value}).startswith(f"wallet.from.secretsManager: {entry} {said}")


def test_a_short_token_is_refused_from_configuration_and_source(aws: str) -> None:
    assert in_configuration(apiToken="abc").startswith("has fewer than 8 characters")
    assert "HOPRD_API_TOKEN has fewer than 8 characters" in in_secrets_manager({"HOPRD_API_TOKEN": "abc"})


def test_files_that_were_encrypted_with_a_line_break_still_open_as_previous_password(tmp_path: Path) -> None:
    before = "planted password\n"
    wallet = Wallet.model_validate(
        {"address": WALLET, "identityPassword": before.strip(), "previousIdentityPassword": before}
    )
    keys = NodeKeyPair.generate()
    assert keys_in(keyfile.write(keys, before), secrets_of(wallet), "the state") == keys


@pytest.mark.parametrize("weak", ["x", "short7!", "aaaaaaaaaaaaaaaa", "abababababababab"])
def test_a_weak_password_makes_no_new_identity_and_still_opens_existing_ones(weak: str) -> None:
    assert password_weakness(SecretStr(weak))
    (failure,) = configured(weak).check({}, INPUTS).failures
    assert failure.reason.startswith("core-1: wallet.identityPassword has fewer than ")
    assert weak not in failure.reason.removeprefix("core-1: wallet.identityPassword has fewer than") or weak == "x"
    assert configured(weak).check(INPUTS, INPUTS).failures == []
    assert (password_advice(SecretStr(weak)) or "").endswith("openssl rand -base64 32")


def test_the_strength_of_a_password_has_three_levels() -> None:
    assert password_weakness(SecretStr("e2e-test")) is None
    assert password_advice(SecretStr("e2e-test"))
    assert password_advice(SecretStr("e2e-test-e2e-test")) is None


@pytest.mark.parametrize(("written", "given", "form"), [(NFC, NFD, "NFC"), (NFD, NFC, "NFD")])
def test_another_unicode_form_of_the_password_is_named(written: str, given: str, form: str) -> None:
    text = keyfile.write(NodeKeyPair.generate(), written)
    said = f"the same characters in the Unicode form {form} do: set the password in that form"
    with pytest.raises(WrongPassword, match=said):
        keyfile.read(text, given)
    with pytest.raises(WrongPassword, match=said):
        keys_in(text, configured(given).run.secrets, "the state")
    with pytest.raises(WrongPassword) as caught:
        keyfile.read(text, f"{given}!")
    assert "Unicode" not in str(caught.value)


def test_a_password_that_is_not_utf8_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "node.id"
    file.write_text(keyfile.write(NodeKeyPair.generate(), "planted password"))
    monkeypatch.setenv("HOPRD_IDENTITY_PASSWORD", b"pass\xff".decode(errors="surrogateescape"))
    assert main(["inspect", str(file)]) == 1
    assert capsys.readouterr().err == f"{file}: the password is not UTF-8 text\n"
    monkeypatch.delenv("HOPRD_IDENTITY_PASSWORD")

    def prompted(_: str) -> Any:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr("getpass.getpass", prompted)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["inspect", str(file)]) == 1
    assert capsys.readouterr().err == f"{file}: the password is not UTF-8 text\n"
    with pytest.raises(KeyfileError, match="is not UTF-8 text"):
        keyfile.read(file.read_text(), "pass\udcff")
