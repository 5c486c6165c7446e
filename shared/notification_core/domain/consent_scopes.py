"""The scope of an opt-out: everything, one target or one category."""

import re
from enum import StrEnum

from notification_core.domain.errors import InvalidInput

#: The scope of an opt-out of everything.
EVERYTHING = "everything"


CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


class StopScope(StrEnum):
    """The scope of a STOP, for each user who has the number that it came from."""

    TARGETS = "targets"  #: targets of the module that it answers, where the user has the number
    ALL_TEXTS = "all-texts"  #: every target that sends text messages
    EVERYTHING = "everything"


def target_scope(target_id: str) -> str:
    """Return the scope of an opt-out of one target."""
    return f"target:{target_id}"


def category_scope(category: str) -> str:
    """Return the scope of an opt-out of one category, in any target.

    Raises:
        InvalidInput: the text is not a valid category.
    """
    check_category(category)
    return f"category:{category}"


def check_category(category: str, name: str = "category") -> None:
    """Check that a text is a valid category.

    Raises:
        InvalidInput: it is not; the error names the field and the format of a category.
    """
    if not CATEGORY.fullmatch(category):
        message = "must be 1 to 64 letters, digits, or any of . _ : - after the first"
        raise InvalidInput.of(name, message)


def narrowest_scope(target_id: str, category: str | None) -> str:
    """Return the scope of an opt-out of one notification: its category, or else its target."""
    return target_scope(target_id) if category is None else category_scope(category)


def scopes_covering(target_id: str, category: str | None) -> set[str]:
    """Return the scopes whose opt-out covers a notification of this target and category."""
    by_name = {EVERYTHING, target_scope(target_id)}
    return by_name if category is None else by_name | {category_scope(category)}
