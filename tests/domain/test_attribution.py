"""Who did something, in words."""

from dataclasses import replace

import pytest

from notification_core.domain.attribution import (
    MAX_BY,
    console_person,
    in_words,
    of_ledger,
    of_statement,
)
from notification_core.domain.consent import ConsentSource
from tests.builders import an_entry, an_opt_out

ROLE = "arn:aws:sts::123456789012:assumed-role/orders/i-0abc"


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (console_person("ann@example.com"), "ann@example.com in the console"),
        (ROLE, "the IAM role orders (session i-0abc)"),
        ("arn:aws:iam::123456789012:user/team/ann", "the IAM user ann"),
        ("arn:aws-cn:iam::123456789012:role/ann", "the IAM role ann"),
        ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"),
        ("one-click", "an unsubscribe link"),
        ("unsigned", "unsigned"),
        ("", ""),
    ],
)
def test_people_principals_and_sources_are_named(by: str, words: str) -> None:
    assert in_words(by) == words


@pytest.mark.parametrize("source", sorted(set(ConsentSource) - {ConsentSource.API}))
def test_each_source_of_a_statement_has_words(source: ConsentSource) -> None:
    by = of_statement(an_entry(source=source, evidence="SM1"))

    assert by == source.value
    assert in_words(by) != source.value


def test_a_statement_by_the_api_is_that_of_its_signer() -> None:
    assert of_statement(an_entry(source=ConsentSource.API, evidence=ROLE)) == ROLE


def test_a_ledger_is_that_of_its_latest_opt_out() -> None:
    entries = (
        an_entry(source=ConsentSource.REPLY),
        an_entry(source=ConsentSource.API, evidence=ROLE),
        an_entry(source=ConsentSource.API, evidence="console: ann", active=False),
    )

    assert of_ledger(replace(an_opt_out(), entries=entries)) == ROLE
    assert of_ledger(replace(an_opt_out(), entries=())) == ""


def test_a_long_name_is_cut() -> None:
    assert len(console_person("x" * 500)) == MAX_BY
