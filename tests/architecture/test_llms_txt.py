"""llms.txt lists every page of the documentation, as https://llmstxt.org describes it."""

import re

from tests.architecture.templates import ROOT

TEXT = (ROOT / "llms.txt").read_text()
ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)]+)\): (.+)$", re.MULTILINE)
ENTRIES = {address: (title, description) for title, address, description in ENTRY.findall(TEXT)}

#: A decision is found by way of their list.
PAGES = {
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/integrations/*.md",
        "docs/examples/*/*.md",
        "clients/**/*.md",
    )
    for path in ROOT.glob(pattern)
} | {"docs/openapi.json", "docs/decisions/README.md"}


def test_every_page_has_one_line_and_every_line_has_a_page() -> None:
    assert len(ENTRY.findall(TEXT)) == TEXT.count("\n- ")
    assert len(ENTRIES) == len(ENTRY.findall(TEXT))
    assert ENTRIES.keys() == PAGES


def test_a_line_has_the_title_of_its_page() -> None:
    own = {"README.md": "Overview", "clients/python/README.md": "Python package"}
    headings = {
        page: (ROOT / page).read_text().partition("\n")[0].removeprefix("# ")
        for page in PAGES
        if page.endswith(".md")
    }

    assert {page: ENTRIES[page][0] for page in headings} == headings | own


def test_it_begins_with_a_title_and_a_summary() -> None:
    title, empty, summary = TEXT.split("\n")[:3]

    assert title == "# Serverless notification system"
    assert empty == ""
    assert summary.startswith("> ")
