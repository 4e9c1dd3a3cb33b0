"""Requests to the chain use the proxy and ~/.netrc of the user's environment, which are read once."""

from pathlib import Path

import pytest
import requests

from identity.chain.transport import Transport
from testkit.identity.endpoint import result, serving

ABSENT = "http://chain.invalid/"
BODY = b'{"method": "eth_chainId"}'


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        proxy.answers = [result("0x64")]
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert Transport(ABSENT).post(BODY, 5).status == 200
        assert proxy.methods == ["eth_chainId"]


def test_a_host_without_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as endpoint, serving() as proxy:
        endpoint.answers = [result("0x64")]
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")
        assert Transport(endpoint.url).post(BODY, 5).status == 200
        assert proxy.methods == []


def test_netrc_and_certificates_of_the_environment_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc, certificates = tmp_path / "netrc", tmp_path / "authority.crt"
    netrc.write_text("machine chain.invalid login operator password planted\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates))
    session = Transport(ABSENT)._session
    assert session.auth == ("operator", "planted")
    assert session.verify == str(certificates)


def test_the_environment_is_not_read_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        transport = Transport(endpoint.url)
        monkeypatch.setattr(requests.sessions, "get_environ_proxies", lambda *_, **__: pytest.fail("read again"))
        monkeypatch.setattr(requests.sessions, "get_netrc_auth", lambda *_, **__: pytest.fail("read again"))
        assert transport.post(BODY, 5).status == 200
