import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devnet.errors import ToolError
from devnet.toolchain import cache
from devnet.toolchain.catalog import TOOLS, Download, GoBuild, NpmPrograms, Tool
from devnet.toolchain.obtain import obtain

GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit 0; fi
{build}
"""
MAKES_ETCD = 'printf "#!/bin/sh\\necho built\\n" > "$3/etcd"; chmod +x "$3/etcd"'


class Heard:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.how: dict[str, str] = {}

    def began(self, tool: Tool, doing: str) -> None:
        self.how[tool.name] = doing

    def ended(self, tool: Tool, how: str) -> None:
        self.how[tool.name] = how


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
    """The first folder on PATH, with only the system's own behind it; the cache is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def test_a_program_on_path_is_taken_when_its_version_fits(path_folder: Path) -> None:
    put(path_folder, "etcd", "#!/bin/sh\necho etcd Version: 3.6.9\n")
    heard = Heard()
    assert obtain(heard, [tool()]) == {"etcd": path_folder / "etcd"}
    assert heard.how == {"etcd": "found on PATH"}


@pytest.mark.parametrize("version", ["3.5.9", "3.7.0", "4.6.5", "unknown"])
def test_a_program_on_path_with_another_version_is_left_alone(version: str, path_folder: Path) -> None:
    put(path_folder, "etcd", f"#!/bin/sh\necho etcd Version: {version}\n")
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    heard = Heard()
    assert obtain(heard, [tool()])["etcd"].is_relative_to(cache.root())
    assert heard.how == {"etcd": "built"}


def test_a_built_tool_is_cached(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    obtain(Heard(), [tool()])
    put(path_folder, "go", GO.format(version="1.26.0", build="exit 1"))
    heard = Heard()
    obtain(heard, [tool()])
    assert heard.how == {"etcd": "cached"}


def test_a_build_without_its_program_counts_for_nothing(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build="touch $3/other"))
    with pytest.raises(ToolError, match=r"etcd 3\.6\.5 could not be made: etcd did not come out of it \(log: "):
        obtain(Heard(), [tool()])
    assert [entry.name for entry in cache.root().iterdir() if entry.is_dir()] == []


def test_what_a_killed_build_left_is_removed_by_the_next(path_folder: Path) -> None:
    leftover = cache.root() / ".etcd-3.6.5.making-killed"
    leftover.mkdir(parents=True)
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    obtain(Heard(), [tool()])
    assert not leftover.exists()


def test_two_who_need_the_same_tool_build_it_once(path_folder: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    put(path_folder, "go", GO.format(version="1.26.0", build=f"echo . >> {count}; sleep 0.3; {MAKES_ETCD}"))
    heard = [Heard(), Heard()]
    builders = [threading.Thread(target=obtain, args=(each, [tool()])) for each in heard]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert count.read_text() == ".\n"
    assert sorted(each.how["etcd"] for each in heard) == ["built", "built by another process"]


def test_a_failed_build_names_tool_reason_and_log(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build="echo 'package foo: no such package' >&2; exit 1"))
    with pytest.raises(ToolError) as error:
        obtain(Heard(), [tool()])
    assert "etcd 3.6.5 could not be made: `go build -o …` failed: package foo: no such package" in str(error.value)
    assert str(cache.log_file(tool())) in str(error.value)


def test_a_disk_that_fills_up_during_a_build_is_named_as_the_reason(path_folder: Path) -> None:
    said = "link: write: no space left on device"
    put(path_folder, "go", GO.format(version="1.26.0", build=f"echo '{said}' >&2; echo more >&2; exit 1"))
    with pytest.raises(ToolError, match="the disk is full: link: write"):
        obtain(Heard(), [tool()])


def test_a_build_is_not_begun_on_a_disk_without_room(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    with pytest.raises(ToolError, match=r"needs about 1e\+09 GB of disk.*make room"):
        obtain(Heard(), [tool(disk_gb=1e9)])


def test_a_missing_builder_is_one_clear_message(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(path_folder))
    with pytest.raises(ToolError, match=r"`go` is needed.*Install Go 1\.26 or newer, or put etcd 3\.6\.5 on PATH"):
        obtain(Heard(), [tool()])
    with pytest.raises(ToolError, match=r"`npm` is needed.*Install Node.js 20"):
        obtain(Heard(), [tool(steps=(NpmPrograms(("some/etcd",)),))])


def test_a_builder_that_is_too_old_is_one_clear_message(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.21.3", build=MAKES_ETCD))
    with pytest.raises(ToolError, match=r"Go 1\.26 or newer is needed to build it, found `go version go1\.21\.3"):
        obtain(Heard(), [tool()])


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


def test_an_official_download_with_the_published_sum_spares_the_build(
    releases: tuple[Path, str], path_folder: Path
) -> None:
    folder, address = releases
    (folder / "etcd").write_bytes(b"the program")
    (folder / "etcd.sha256").write_text(hashlib.sha256(b"the program").hexdigest())
    heard = Heard()
    downloads = (Download(f"{address}/etcd", f"{address}/etcd.sha256"),)
    programs = obtain(heard, [tool(downloads=downloads)])
    assert heard.how == {"etcd": "downloaded"}
    assert programs["etcd"].read_bytes() == b"the program"
    assert os.access(programs["etcd"], os.X_OK)


@pytest.mark.parametrize("published", ["0" * 64, f"{'0' * 64}  etcd\n", f"{hashlib.sha256(b'x').hexdigest()}  other\n"])
def test_a_download_with_another_sum_is_thrown_away(
    published: str, releases: tuple[Path, str], path_folder: Path
) -> None:
    folder, address = releases
    (folder / "etcd").write_bytes(b"not the program")
    (folder / "SHA256SUMS").write_text(published)
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    heard = Heard()
    programs = obtain(heard, [tool(downloads=(Download(f"{address}/etcd", f"{address}/SHA256SUMS"),))])
    assert heard.how == {"etcd": "built"}
    assert "echo built" in programs["etcd"].read_text()


def test_a_host_that_does_not_answer_leads_to_the_build(path_folder: Path) -> None:
    put(path_folder, "go", GO.format(version="1.26.0", build=MAKES_ETCD))
    heard = Heard()
    obtain(heard, [tool(downloads=(Download("http://127.0.0.1:9/etcd", "http://127.0.0.1:9/sums"),))])
    assert heard.how == {"etcd": "built"}


def test_no_program_comes_from_two_tools() -> None:
    programs = [program for each in TOOLS for program in each.programs]
    assert len(programs) == len(set(programs))
