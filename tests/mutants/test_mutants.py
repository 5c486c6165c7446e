"""The list of mutants follows the code, and the table in the documents follows the list."""

import ast

import pytest

from tests.mutants import table
from tests.mutants.mutants import ROOT, Mutant, Outdated, all_mutants
from tests.mutants.suites import SUITES

MUTANTS = all_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_mutant_is_one_edit_of_the_code_as_it_is(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()

    mutated = mutant.apply(text)

    assert mutated != text
    ast.parse(mutated)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_mutant_names_suites_that_must_notice_it(mutant: Mutant) -> None:
    assert mutant.noticed_by
    assert {*mutant.noticed_by} <= {*SUITES}


def test_a_mutant_whose_text_is_gone_is_told_of() -> None:
    mutant = Mutant(name="old", file="a.py", old="gone", new="new", noticed_by=["unit"])

    with pytest.raises(Outdated, match="occurs 0 times"):
        mutant.apply("x = 1\n")


def test_the_document_has_the_table_of_the_last_run_of_this_list() -> None:
    expected = table.table_of({mutant.name: mutant.noticed_by for mutant in MUTANTS})

    assert table.written() == expected, "run `make mutants`"
