"""The tools that devnet needs: programs, versions, and the steps that build them."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
PULUMI_VERSION = "3.259.0"
KUBERNETES_VERSION = "1.36.2"
_MAJOR, _MINOR, _PATCH = KUBERNETES_VERSION.split(".")
_KUBERNETES_BUILD = "k8s.io/component-base/version"


@dataclass(frozen=True)
class GoBuild:
    """`go build` of packages in a module folder next to this file; `renamed` is (Go's file name, program name)."""

    module: str
    packages: Sequence[str]
    set_strings: Sequence[str] = ()
    renamed: tuple[str, str] | None = None


@dataclass(frozen=True)
class GoInstall:
    """`go install` of a package with the dependencies that its own module pins."""

    package: str


@dataclass(frozen=True)
class GoFiles:
    """Files copied unchanged from a Go module, which also contains files that are not Go code."""

    module: str
    package: str
    files: Sequence[str]


@dataclass(frozen=True)
class NpmPrograms:
    """Compiled programs from npm packages; `npm/package-lock.json` pins them by hash. `fill` applies."""

    files: Sequence[str]


Step = GoBuild | GoInstall | GoFiles | NpmPrograms


@dataclass(frozen=True)
class Download:
    """The URLs of an official archive or program and of its SHA-256. `fill` replaces `{system}` and `{arch}`."""

    url: str
    sums_url: str


@dataclass(frozen=True)
class Tool:
    """One entry of the cache: all its programs have the same origin.

    `version_commands` print the version of a program found on PATH. `build_minutes` is the duration of a build on two
    cores, and `disk_gb` the disk space that it needs.
    """

    name: str
    version: str
    programs: Sequence[str]
    version_commands: Sequence[Sequence[str]]
    steps: Sequence[Step]
    downloads: Sequence[Download] = field(default=())
    later_minor_fits: bool = False
    disk_gb: float = 0.5
    build_minutes: int = 1

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


_SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")

TOOLS: tuple[Tool, ...] = (
    Tool(
        name="anvil",
        version="1.7.1",
        programs=("anvil",),
        version_commands=(("anvil", "--version"),),
        steps=(NpmPrograms(("@foundry-rs/anvil-{system}-{arch}/bin/anvil",)),),
    ),
    Tool(
        name="etcd",
        version="3.6.5",
        programs=("etcd",),
        version_commands=(("etcd", "--version"),),
        steps=(GoBuild("etcd", ("go.etcd.io/etcd/server/v3",), renamed=("server", "etcd")),),
        downloads=(
            Download(
                "https://github.com/etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-{system}-{arch}.tar.gz",
                "https://github.com/etcd-io/etcd/releases/download/v3.6.5/SHA256SUMS",
            ),
        ),
        disk_gb=1.5,
        build_minutes=2,
    ),
    Tool(
        name="kwok",
        version="0.8.0",
        programs=("kwok",),
        version_commands=(("kwok", "--version"),),
        steps=(GoInstall("sigs.k8s.io/kwok/cmd/kwok@v0.8.0"),),
        disk_gb=3,
        build_minutes=3,
    ),
    Tool(
        name="pulumi",
        version=PULUMI_VERSION,
        programs=(
            "pulumi",
            "pulumi-language-python",
            "pulumi-language-python-exec",
            "pulumi-resource-pulumi-python",
        ),
        version_commands=(("pulumi", "version"),),
        steps=(
            GoBuild(
                "pulumi",
                ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
                (f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI_VERSION}",),
            ),
            GoBuild("language-python", ("github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",)),
            GoFiles(
                "pulumi",
                "github.com/pulumi/pulumi/sdk/v3",
                ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
            ),
        ),
        downloads=(
            Download(
                f"https://get.pulumi.com/releases/sdk/pulumi-v{PULUMI_VERSION}-{{system}}-{{pulumi_arch}}.tar.gz",
                f"https://github.com/pulumi/pulumi/releases/download/v{PULUMI_VERSION}/pulumi-{PULUMI_VERSION}-checksums.txt",
            ),
        ),
        later_minor_fits=True,
        disk_gb=5,
        build_minutes=6,
    ),
    Tool(
        name="kubernetes",
        version=KUBERNETES_VERSION,
        programs=_SERVERS,
        version_commands=(
            ("kube-apiserver", "--version"),
            ("kube-controller-manager", "--version"),
            ("kube-scheduler", "--version"),
            ("kubectl", "version", "--client"),
        ),
        steps=(
            GoBuild(
                "kubernetes",
                tuple(f"k8s.io/kubernetes/cmd/{server}" for server in _SERVERS),
                (
                    f"{_KUBERNETES_BUILD}.gitVersion=v{KUBERNETES_VERSION}",
                    f"{_KUBERNETES_BUILD}.gitMajor={_MAJOR}",
                    f"{_KUBERNETES_BUILD}.gitMinor={_MINOR}",
                ),
            ),
        ),
        downloads=tuple(
            Download(
                f"https://dl.k8s.io/release/v{KUBERNETES_VERSION}/bin/{{system}}/{{arch}}/{server}",
                f"https://dl.k8s.io/release/v{KUBERNETES_VERSION}/bin/{{system}}/{{arch}}/{server}.sha256",
            )
            for server in _SERVERS
        ),
        disk_gb=6,
        build_minutes=12,
    ),
)


def fill(template: str) -> str:
    """Insert this machine's operating system and processor, with the spelling of Go and of release files."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    pulumi_arch = "x64" if arch == "amd64" else arch
    return template.format(system=platform.system().lower(), arch=arch, pulumi_arch=pulumi_arch)
