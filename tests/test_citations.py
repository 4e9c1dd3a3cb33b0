"""Every document and section that the repository cites exists: in code, in configuration, and between documents.

A citation in code has one form: the path from the repository's root and, for a part of a document, the section's
anchor, as in `docs/protocol.md#target-words`.
"""

import re
import string
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").glob("*.md")])
FOLDERS = ("config", "identity", "summary", "components", "standin", "devnet", "testkit", "bench", "tests", ".github")
SUFFIXES = {".py", ".sol", ".mjs", ".sh", ".yaml", ".yml", ".toml", ".in"}
OTHERS = ("Makefile", "Dockerfile")
FEWEST_CITATIONS = 20

_CITATION = re.compile(r"""(?<![\w./-])(?<!/ ["'])[\w./-]+\.md\b(?:#[\w-]*)?""")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SOURCE = re.compile(r"`((?:config|identity|summary|components|standin|devnet|testkit|bench|tests|\.github)/[\w./-]+)`")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)
_PUNCTUATION = str.maketrans("", "", string.punctuation.replace("-", "").replace("_", "") + "…‖")


def sources() -> Iterator[Path]:
    """Files in which people cite documents, but for the documents and this test, which shows forms that are wrong."""
    for folder in FOLDERS:
        yield from (file for file in sorted((CHECKOUT / folder).rglob("*")) if file.suffix in SUFFIXES)
    yield from (file for file in sorted(CHECKOUT.iterdir()) if file.suffix in SUFFIXES or file.name in OTHERS)


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading: its text in lower case, hyphens for blanks, no punctuation."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return text.lower().translate(_PUNCTUATION).replace(" ", "-")


def anchors_in(markdown: str) -> set[str]:
    """The anchors of all headings; GitHub numbers those that occur again."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", markdown)):
        name = anchor(heading)
        found.add(next(one for number in count() if (one := f"{name}-{number}" if number else name) not in found))
    return found


@cache
def anchors(document: Path) -> set[str]:
    return anchors_in(document.read_text(encoding="utf-8"))


def broken(citation: str, folder: Path) -> str | None:
    """What is wrong with a citation, whose path starts at `folder`; None if the document and the section exist."""
    path, _, section = citation.partition("#")
    target = (folder / path).resolve()
    if not target.exists():
        return f"{citation}: there is no file {path}"
    if section and section not in anchors(target):
        return f"{citation}: {path} has no section with the anchor {section}"
    if citation.endswith("#"):
        return f"{citation}: the anchor is empty"
    return None


def citations() -> list[tuple[Path, str]]:
    """Every citation in code, with its file."""
    files = [file for file in sources() if file != Path(__file__)]
    return [(file, found) for file in files for found in _CITATION.findall(file.read_text(encoding="utf-8"))]


def test_code_cites_documents_and_sections_that_exist() -> None:
    found = citations()
    assert len(found) >= FEWEST_CITATIONS
    problems = [f"{file.relative_to(CHECKOUT)}: {problem}" for file, one in found if (problem := broken(one, CHECKOUT))]
    assert problems == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(CHECKOUT)))
def test_a_document_links_to_files_and_sections_that_exist(document: Path) -> None:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    links = [link for link in _LINK.findall(text) if "://" not in link]
    inside = [f"{document.name}{link}" if link.startswith("#") else link for link in links]
    assert [problem for link in inside if (problem := broken(link, document.parent))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(CHECKOUT)))
def test_a_document_names_source_files_that_exist(document: Path) -> None:
    named = _SOURCE.findall(document.read_text(encoding="utf-8"))
    assert [path for path in named if not (CHECKOUT / path).exists()] == []


@pytest.mark.parametrize(
    ("citation", "problem"),
    [
        ("docs/protocol.md", None),
        ("docs/protocol.md#target-words", None),
        ("docs/protocol.md#no-such-section", "has no section"),
        ("docs/protocol.md#", "is empty"),
        ("chain.md", "there is no file"),
    ],
)
def test_a_broken_citation_is_found(citation: str, problem: str | None) -> None:
    found = broken(citation, CHECKOUT)
    assert found is None if problem is None else problem in (found or "")


def test_anchors_are_those_of_github() -> None:
    text = "# A title\n## What it `does`, and (not)\n```sh\n# no heading\n```\n## Twice\n## Twice\n### [A link](x.md)\n"
    assert anchors_in(text) == {"a-title", "what-it-does-and-not", "twice", "twice-1", "a-link"}
