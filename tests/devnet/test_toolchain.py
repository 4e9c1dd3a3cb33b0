import hashlib
import http.server
import io
import json
import os
import platform
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from devnet.errors import ToolError
from devnet.toolchain import cache
from devnet.toolchain.catalog import FOLDER, TOOLS, Download, GoBuild, NpmPrograms, Tool, fill
from devnet.toolchain.obtain import obtain
from devnet.toolchain.progress import ToolProgress

GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit 0; fi
{build}
"""
MAKES_ETCD = 'printf "#!/bin/sh\\necho built\\n" > "$3/etcd"; chmod +x "$3/etcd"'


class RecordedProgress:
    """Progress that keeps the tools that were missing, and the last state of each tool."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        self.states: dict[str, str] = {}

    def missing(self, tools: Sequence[Tool]) -> None:
        assert not self.states, "reported after the first download or build"
        self.missed = [tool.name for tool in tools]

    def began(self, tool: Tool, activity: str) -> None:
        self.states[tool.name] = activity

    def ended(self, tool: Tool, origin: str) -> None:
        self.states[tool.name] = origin


def tool(**changes: object) -> Tool:
    info: dict[str, object] = {
        "name": "etcd",
        "version": "3.6.5",
        "programs": ("etcd",),
        "version_commands": (("etcd", "--version"),),
        "steps": (GoBuild("etcd", ("go.etcd.io/etcd/server/v3",)),),
        **changes,
    }
    return Tool(**info)  # type: ignore[arg-type]


@pytest.fixture
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder on PATH, followed by the system's own; the cache is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def test_a_program_on_path_is_used_when_its_version_fits(path_folder: Path) -> None:
    put(path_folder, "etcd", "#!/bin/sh\necho etcd Version: 3.6.9\n")
    progress = RecordedProgress()
    assert obtain(progress, [tool()]) == {"etcd": path_folder / "etcd"}
    assert progress.states == {"etcd": "found on PATH"}


@pytest.mark.parametrize("version", ["3.5.9", "3.7.0", "4.6.5", "unknown"])
def test_a_program_on_path_with_another_version_is_not_used(version: str, path_folder: Path) -> None:
    put(path_folder, "etcd", f"#!/bin/sh\necho etcd Version: {version}\n")
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    progress = RecordedProgress()
    assert obtain(progress, [tool()])["etcd"].is_relative_to(cache.root())
    assert progress.states == {"etcd": "built"}


def test_a_built_tool_is_cached(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    obtain(RecordedProgress(), [tool()])
    put(path_folder, "go", GO.format(version="1.26.0", build="exit 1"))
    progress = RecordedProgress()
    obtain(progress, [tool()])
    assert progress.states == {"etcd": "cached"}


def test_a_build_that_does_not_produce_its_program_fails(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build="touch $3/other"))
    with pytest.raises(ToolError, match=r"etcd 3\.6\.5 cannot be built: the build did not produce etcd \(log: "):
        obtain(RecordedProgress(), [tool()])
    assert [entry.name for entry in cache.root().iterdir() if entry.is_dir()] == []


def test_the_next_build_removes_the_folder_of_a_killed_build(path_folder: Path) -> None:
    leftover = cache.root() / ".etcd-3.6.5.building-killed"
    leftover.mkdir(parents=True)
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    obtain(RecordedProgress(), [tool()])
    assert not leftover.exists()


def test_two_processes_that_need_the_same_tool_build_it_once(path_folder: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    put(path_folder, "go", GO.format(version="1.26.0", build=f"echo . >> {count}; sleep 0.3; {MAKES_ETCD}"))
    progress = [RecordedProgress(), RecordedProgress()]
    builders = [threading.Thread(target=obtain, args=(each, [tool()])) for each in progress]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert count.read_text() == ".\n"
    assert sorted(each.states["etcd"] for each in progress) == ["built", "built by another process"]


def test_a_failed_build_names_tool_reason_and_log(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build="echo 'package foo: no such package' >&2; exit 1"))
    with pytest.raises(ToolError) as error:
        obtain(RecordedProgress(), [tool()])
    assert "etcd 3.6.5 cannot be built: `go build -o …` failed: package foo: no such package" in str(error.value)
    assert str(cache.log_file(tool())) in str(error.value)


def test_a_disk_that_is_full_during_a_build_is_reported_as_the_reason(path_folder: Path) -> None:
    printed = "link: write: no space left on device"
    put(path_folder, "go", GO.format(version="1.26.0", build=f"echo '{printed}' >&2; echo more >&2; exit 1"))
    with pytest.raises(ToolError, match="the disk is full: link: write"):
        obtain(RecordedProgress(), [tool()])


def test_a_build_does_not_start_without_disk_space(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    with pytest.raises(ToolError, match=r"needs about 1e\+09 GB of disk space.*free some space"):
        obtain(RecordedProgress(), [tool(disk_gb=1e9)])


def test_a_missing_compiler_is_one_clear_message(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(path_folder))
    with pytest.raises(
        ToolError,
        match=r"the build needs `go`, which is not on PATH.*Install Go 1\.26 or newer, or put etcd 3\.6\.5 on PATH",
    ):
        obtain(RecordedProgress(), [tool()])
    with pytest.raises(ToolError, match=r"the build needs `npm`.*Install Node.js 20"):
        obtain(RecordedProgress(), [tool(steps=(NpmPrograms(("some/etcd",)),))])


def test_a_compiler_that_is_too_old_is_one_clear_message(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.21.3", build=MAKES_ETCD))
    with pytest.raises(ToolError, match=r"the build needs Go 1\.26 or newer, found `go version go1\.21\.3"):
        obtain(RecordedProgress(), [tool()])


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address where its files are served."""
    folder = tmp_path / "releases"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_an_official_download_with_the_published_checksum_replaces_the_build(
    releases: tuple[Path, str], path_folder: Path
) -> None:
    folder, address = releases
    (folder / "etcd").write_bytes(b"the program")
    (folder / "etcd.sha256").write_text(hashlib.sha256(b"the program").hexdigest())
    progress = RecordedProgress()
    downloads = (Download(f"{address}/etcd", f"{address}/etcd.sha256"),)
    programs = obtain(progress, [tool(downloads=downloads)])
    assert progress.states == {"etcd": "downloaded"}
    assert programs["etcd"].read_bytes() == b"the program"
    assert os.access(programs["etcd"], os.X_OK)


@pytest.mark.parametrize("published", ["0" * 64, f"{'0' * 64}  etcd\n", f"{hashlib.sha256(b'x').hexdigest()}  other\n"])
def test_a_download_with_another_checksum_is_discarded(
    published: str, releases: tuple[Path, str], path_folder: Path
) -> None:
    folder, address = releases
    (folder / "etcd").write_bytes(b"not the program")
    (folder / "SHA256SUMS").write_text(published)
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    progress = RecordedProgress()
    programs = obtain(progress, [tool(downloads=(Download(f"{address}/etcd", f"{address}/SHA256SUMS"),))])
    assert progress.states == {"etcd": "built"}
    assert "echo built" in programs["etcd"].read_text()


def test_a_tool_is_built_when_the_host_of_its_download_does_not_answer(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    progress = RecordedProgress()
    obtain(progress, [tool(downloads=(Download("http://127.0.0.1:9/etcd", "http://127.0.0.1:9/sums"),))])
    assert progress.states == {"etcd": "built"}


def test_no_program_belongs_to_two_tools() -> None:
    programs = [program for each in TOOLS for program in each.programs]
    assert len(programs) == len(set(programs))


def test_missing_tools_are_reported_with_the_minutes_of_their_builds_before_the_first_build(path_folder: Path) -> None:
    put(path_folder, "etcd", "#!/bin/sh\necho etcd Version: 3.6.5\n")
    put(path_folder, "go", GO.format(version="1.26.0", build='echo > "$3/kwok"; chmod +x "$3/kwok"'))
    progress = RecordedProgress()
    kwok = tool(name="kwok", programs=("kwok",), version_commands=(("kwok", "--version"),))
    obtain(progress, [tool(), kwok])
    assert progress.missed == ["kwok"]
    assert progress.states == {"etcd": "found on PATH", "kwok": "built"}

    output = io.StringIO()
    ToolProgress(Console(file=output)).missing(
        [tool(build_minutes=2), tool(name="kwok", version="0.8", build_minutes=3)]
    )
    assert "etcd 3.6.5 (about 2 min), kwok 0.8 (about 3 min); 5 min in all" in output.getvalue()


def test_nothing_is_reported_when_no_tool_is_missing(path_folder: Path) -> None:
    put(path_folder, "etcd", "#!/bin/sh\necho etcd Version: 3.6.5\n")
    progress = RecordedProgress()
    obtain(progress, [tool()])
    assert progress.missed == []


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux-amd64 x64"),
        ("Linux", "aarch64", "linux-arm64 arm64"),
        ("Darwin", "arm64", "darwin-arm64 arm64"),
    ],
)
def test_release_files_are_those_of_this_machine(
    system: str, machine: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert fill("{system}-{arch} {pulumi_arch}") == expected


def test_anvil_is_pinned_for_every_platform() -> None:
    packages = json.loads((FOLDER / "npm" / "package-lock.json").read_text())["packages"]
    pinned = {name.removeprefix("node_modules/@foundry-rs/anvil-") for name in packages if name}
    assert pinned == {"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"}
