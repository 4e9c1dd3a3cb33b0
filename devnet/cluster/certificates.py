"""One certificate authority for each devnet: servers prove who they are, each client has an identity of its own."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devnet import private_file

_VALID_DAYS = 3650


@dataclass(frozen=True)
class Client:
    """A Kubernetes user: the API server reads name and groups from the certificate's subject."""

    file: str
    user: str
    group: str | None = None


ADMINISTRATOR = Client("administrator", "devnet", "system:masters")
CONTROLLER_MANAGER = Client("kube-controller-manager", "system:kube-controller-manager")
SCHEDULER = Client("kube-scheduler", "system:kube-scheduler")
KWOK = Client("kwok", "kwok", "system:masters")
CLIENTS = (ADMINISTRATOR, CONTROLLER_MANAGER, SCHEDULER, KWOK)

AUTHORITY = "authority"
SERVER = "server"
SERVICE_ACCOUNTS = "service-accounts"


def write_all(folder: Path) -> None:
    """Write `<name>.key` (0600) and `<name>.crt` for authority, servers, clients and the service accounts' signer."""
    folder.mkdir(mode=0o700, exist_ok=True)
    authority_key = _new_key(folder, AUTHORITY)
    authority = _certificate(_name("devnet"), authority_key, None)
    _write_certificate(folder, AUTHORITY, authority)
    server_key = _new_key(folder, SERVER)
    _write_certificate(folder, SERVER, _certificate(_name("devnet-server"), server_key, (authority, authority_key)))
    for client in CLIENTS:
        key = _new_key(folder, client.file)
        subject = _name(client.user, client.group)
        _write_certificate(folder, client.file, _certificate(subject, key, (authority, authority_key)))
    _new_key(folder, SERVICE_ACCOUNTS)


def certificate(folder: Path, name: str) -> Path:
    """Where the certificate of a name lies."""
    return folder / f"{name}.crt"


def key(folder: Path, name: str) -> Path:
    """Where the private key of a name lies."""
    return folder / f"{name}.key"


def _new_key(folder: Path, name: str) -> ec.EllipticCurvePrivateKey:
    private = ec.generate_private_key(ec.SECP256R1())
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    private_file.write(key(folder, name), text.decode())
    return private


def _write_certificate(folder: Path, name: str, made: x509.Certificate) -> None:
    certificate(folder, name).write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _name(common: str, organization: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _certificate(
    subject: x509.Name,
    private: ec.EllipticCurvePrivateKey,
    signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
) -> x509.Certificate:
    """Sign a certificate; without a signer it is an authority that signs itself."""
    is_authority = signer is None
    issuer, issuer_key = (subject, private) if signer is None else (signer[0].subject, signer[1])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks of containers and hosts differ
        .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
