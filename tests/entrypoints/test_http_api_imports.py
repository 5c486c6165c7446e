"""What the import routes refuse before they read a table."""

from typing import Any

import pytest
from pydantic import ValidationError

from notification_core.entrypoints.http_api.imports import UndoBatch
from notification_core.entrypoints.http_api.problems import problem_of_input


def refused(**fields: Any) -> list[tuple[str, str]]:
    """Return the field and the message of each error of an undo."""
    with pytest.raises(ValidationError) as caught:
        UndoBatch.model_validate({"source": "django", **fields})
    problem = problem_of_input([dict(detail) for detail in caught.value.errors()])
    return [(error.field, error.message) for error in problem.errors or ()]


def test_the_undo_of_an_opt_out_needs_its_user() -> None:
    items = [{"kind": "record", "key": "17"}, {"kind": "opt_out", "key": "3"}]

    assert refused(items=items) == [("items.1.user", "is required for an opt-out")]


@pytest.mark.parametrize("source", ["", "Django", ".django", "d" * 65])
def test_a_source_of_another_form_is_refused_in_words(source: str) -> None:
    [(field, message)] = refused(source=source, items=[{"kind": "record", "key": "17"}])

    assert field == "source"
    assert message.startswith("must be 1 to 64 lowercase letters")
