import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from devnet.cluster import certificates
from devnet.cluster.certificates import CLIENTS, SERVER


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "certificates"
    certificates.write_all(folder)
    return folder


def read(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificates.certificate(folder, name).read_bytes())


def subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(oid)]


@pytest.mark.parametrize("name", [SERVER, *(client.file for client in CLIENTS)])
def test_every_certificate_is_valid_for_years_on_loopback_addresses(name: str, folder: Path) -> None:
    issued = read(folder, name)
    issued.verify_directly_issued_by(read(folder, certificates.AUTHORITY))
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    now = datetime.datetime.now(datetime.UTC)
    assert issued.not_valid_before_utc < now - datetime.timedelta(minutes=30)
    assert issued.not_valid_after_utc > now + datetime.timedelta(days=9 * 365)


@pytest.mark.parametrize("name", [SERVER, *(client.file for client in CLIENTS)])
def test_every_key_belongs_to_its_certificate(name: str, folder: Path) -> None:
    key = load_pem_private_key(certificates.key(folder, name).read_bytes(), None)
    assert key.public_key() == read(folder, name).public_key()


def test_only_administrator_and_kwok_are_cluster_administrators(folder: Path) -> None:
    groups = {client.file: subject(read(folder, client.file), NameOID.ORGANIZATION_NAME) for client in CLIENTS}
    assert groups == {
        "administrator": ["system:masters"],
        "kube-controller-manager": ["devnet"],
        "kube-scheduler": ["devnet"],
        "kwok": ["system:masters"],
    }


def test_clients_have_the_user_names_of_kubernetes(folder: Path) -> None:
    users = [subject(read(folder, client.file), NameOID.COMMON_NAME) for client in CLIENTS]
    assert users == [["devnet"], ["system:kube-controller-manager"], ["system:kube-scheduler"], ["kwok"]]


def test_only_the_user_can_read_the_keys_and_the_key_of_the_authority_is_not_stored(folder: Path) -> None:
    keys = {file.stem: file.stat().st_mode & 0o777 for file in folder.glob("*.key")}
    assert keys == dict.fromkeys([SERVER, "service-accounts", *(client.file for client in CLIENTS)], 0o600)
