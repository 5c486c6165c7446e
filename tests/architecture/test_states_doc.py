"""`docs/states.md` draws the table of transitions."""

import re

from notification_core.domain.status import FINAL, TRANSITIONS, Status
from tests.architecture.templates import ROOT

TEXT = (ROOT / "docs/states.md").read_text()

#: A name in the drawing is a status with its blank written as an underscore.
ARROW = re.compile(r"\s*(\S+) --> (\S+)")
ALIAS = re.compile(r'\s*state "([A-Z ]+)" as ([A-Z_]+)')
BEGIN_OR_END = "[*]"


def drawn() -> list[tuple[str, str]]:
    """Return every arrow of the diagram."""
    [diagram] = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", TEXT, re.DOTALL)
    lines = [line for line in diagram.splitlines() if line.strip()]
    aliases = [found for line in lines if (found := ALIAS.fullmatch(line))]
    arrows = [found for line in lines if (found := ARROW.fullmatch(line))]
    assert len(lines) == len(aliases) + len(arrows), "a line that is neither"
    assert all(name_of(Status(alias[1])) == alias[2] for alias in aliases)
    return [(arrow[1], arrow[2]) for arrow in arrows]


def name_of(status: Status) -> str:
    """Name a status as the diagram does."""
    return status.value.replace(" ", "_")


def test_the_diagram_has_exactly_the_arrows_of_the_table() -> None:
    arrows = [each for each in drawn() if BEGIN_OR_END not in each]
    table = [
        (name_of(before), name_of(after))
        for before, following in TRANSITIONS.items()
        for after in following
    ]

    assert sorted(arrows) == sorted(table)


def test_it_begins_at_scheduled_and_ends_where_nothing_follows() -> None:
    ends = {before for before, after in drawn() if after == BEGIN_OR_END}

    assert [after for before, after in drawn() if before == BEGIN_OR_END] == ["SCHEDULED"]
    assert ends == {name_of(each) for each in FINAL}


def test_every_arrow_is_explained_once() -> None:
    explain_notification = re.findall(r"^\| `([A-Z ]+)` \| `([A-Z ]+)` \| \S", TEXT, re.MULTILINE)
    table = [(before, after) for before, following in TRANSITIONS.items() for after in following]

    assert sorted(explain_notification) == sorted(
        (before.value, after.value) for before, after in table
    )


def test_every_status_is_described_once() -> None:
    described = re.findall(r"^\| `([A-Z ]+)` \| (?!`)\S", TEXT, re.MULTILINE)

    assert sorted(described) == sorted(each.value for each in Status)
