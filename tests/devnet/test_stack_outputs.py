import pytest

from config.stack_state import StackOutputs
from devnet.stack_outputs import show

SAFE = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
OUTPUTS = StackOutputs.model_validate(
    {
        "pools": {"hoprd-core-local": {"phase": "Ready", "size": 7, "locked": 5}},
        "nodes": {
            "core-local-1": {
                "phase": "Running",
                "version": "2.1.0",
                "safeAddress": SAFE,
                "host": "127.0.0.1",
                "port": 9010,
            }
        },
    }
)


def test_a_wide_terminal_shows_every_value_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    show(OUTPUTS, "kubectl", "/home/kubeconfig", "hoprd-local")
    shown = capsys.readouterr().out
    for value in ("hoprd-core-local", "Ready", "7", "5", "core-local-1", "Running", "2.1.0", SAFE, "127.0.0.1", "9010"):
        assert value in shown


def test_a_narrow_terminal_shows_shortened_addresses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    show(OUTPUTS, "kubectl", "/home/kubeconfig", "hoprd-local")
    shown = capsys.readouterr().out
    assert "0x4167…461a" in shown
    assert SAFE not in shown


def test_the_kubectl_command_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    show(StackOutputs(), "/tools/kubectl", "/home/kubeconfig", "hoprd-local")
    command = "/tools/kubectl --kubeconfig /home/kubeconfig get identitypool,identityhoprd,clusterhoprd,hoprd"
    assert f"{command} --namespace hoprd-local" in capsys.readouterr().out
