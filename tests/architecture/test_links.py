"""Every relative link and anchor in the documents leads somewhere, without asking the network."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.architecture.templates import ROOT

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "clients/**/*.md")
    for path in ROOT.glob(pattern)
)

FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$")
CODE = re.compile(r"`[^`]*`")
#: An inline link or image, whose text may hold an image, or a reference's definition.
LINK = re.compile(r"\]\(\s*<?([^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s+(\S+)")
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: An anchor that is written as HTML.
ANCHOR = re.compile(r"<[^>]+ (?:id|name)=\"([^\"]+)\"")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line outside code blocks with its number."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if match and fence in {"", match[1]}:
            fence = "" if fence else match[1]
        elif not fence:
            yield number, line


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading, before it numbers equal ones."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # a link counts by its text
    text = re.sub(r"[*`]|<[^>]+>", "", text)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors_of(text: str) -> set[str]:
    """Return every anchor of a page; a repeated heading has a number, from 1."""
    counts: Counter[str] = Counter()
    anchors = set()
    for _, line in prose(text):
        anchors |= set(ANCHOR.findall(line))
        if heading := HEADING.match(line):
            name = slug(heading[1])
            anchors.add(f"{name}-{counts[name]}" if counts[name] else name)
            counts[name] += 1
    return anchors


@cache
def anchors_in(page: Path) -> frozenset[str]:
    """Return the anchors of a file."""
    return frozenset(anchors_of(page.read_text()))


def links_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the target of each link that leads into the repository."""
    for number, line in prose(text):
        for match in LINK.finditer(CODE.sub("``", line)):
            target = match[1] or match[2]
            if not EXTERNAL.match(target) and not target.startswith("//"):
                yield number, unquote(target)


def fault_of(page: Path, target: str) -> str:
    """Say why a link leads nowhere; empty if it does not."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(ROOT):
        return "outside the repository"
    if not file.exists():
        return "no such file"
    if anchor and (file.suffix != ".md" or anchor not in anchors_in(file)):
        return "no such anchor"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    name = page.relative_to(ROOT)
    faults = [
        f"{name}:{number}: {target}: {fault}"
        for number, target in links_of(page.read_text())
        if (fault := fault_of(page, target))
    ]

    assert faults == []


def test_the_readme_leads_to_every_page() -> None:
    readme = ROOT / "README.md"
    targets = {target.partition("#")[0] for _, target in links_of(readme.read_text())}

    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= {
        Path(target).name for target in targets
    }


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What it costs", "what-it-costs"),
        ("3. `errors.json`", "3-errorsjson"),
        ("`attempted_delivery`", "attempted_delivery"),
        ("How *far* a STOP reaches", "how-far-a-stop-reaches"),
        ("See [the API](api.md)", "see-the-api"),
        ("Costs & prices", "costs--prices"),
        ("What a provider's answer leads to", "what-a-providers-answer-leads-to"),
        ("Über uns", "über-uns"),
    ],
)
def test_an_anchor_is_made_as_github_makes_it(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_equal_headings_are_numbered_and_code_has_no_headings() -> None:
    text = '# A\n## B\n```sh\n# C\n```\n## B\n<a id="d"></a>\n'

    assert anchors_of(text) == {"a", "b", "b-1", "d"}


def test_links_are_found_with_their_lines_and_code_has_none() -> None:
    text = (
        "[a](b.md#c) and [![d](e.png)](f.md)\n"
        "`[code](g.md)` [web](https://example.com) [mail](mailto:a@example.com)\n"
        "```\n[h](i.md)\n```\n"
        "[j]: k.md\n"
    )

    assert list(links_of(text)) == [(1, "b.md#c"), (1, "e.png"), (1, "f.md"), (6, "k.md")]


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    readme = ROOT / "README.md"

    assert fault_of(readme, "docs/nothing.md") == "no such file"
    assert fault_of(readme, "docs/api.md#nothing") == "no such anchor"
    assert fault_of(readme, "#nothing") == "no such anchor"
    assert fault_of(readme, f"..{tmp_path}") == "outside the repository"
    assert fault_of(readme, "docs/api.md#problems") == ""
