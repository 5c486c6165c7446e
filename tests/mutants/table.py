"""The table in docs/reliability.md: written by a run, compared with the list by a test."""

from collections.abc import Mapping, Sequence

from tests.mutants.mutants import ROOT

DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- mutants: written by make mutants -->", "<!-- end of mutants -->"


def table_of(noticed: Mapping[str, Sequence[str]]) -> str:
    """Return the table: which suites noticed each mutant."""
    rows = [f"| {name} | {', '.join(suites)} |" for name, suites in noticed.items()]
    return "\n".join(["| What is broken | Noticed by |", "| --- | --- |", *rows])


def written() -> str:
    """Return the table as it stands in the document. Raises ValueError where there is none."""
    text = DOCUMENT.read_text()
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()


def write(table: str) -> None:
    """Put a table in the place of the one that stands in the document. Raises ValueError."""
    text = DOCUMENT.read_text()
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    DOCUMENT.write_text(f"{before}\n{table}\n{after}")
