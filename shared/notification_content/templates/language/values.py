"""The data as templates see them: objects and lists without methods, which count each access.

A dict has methods, so `{{ order.items }}` would be one of them where `order` has no `items`. The
engine copies a whole list when it is named, and compares lists by their content; both cost time
that nothing else would count.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notification_content.templates.language.budget import current


class Record:
    """An object of the data."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        current().spend(1)
        return opaque(self._fields[name])

    def __iter__(self) -> Iterator[str]:
        current().spend(1 + len(self._fields))
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields


class Rows:
    """A list of the data."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items

    def __getitem__(self, index: int) -> Any:
        current().spend(1)
        return opaque(self._items[index])

    def __iter__(self) -> Iterator[Any]:
        current().spend(1 + len(self._items))
        return map(opaque, self._items)

    def __len__(self) -> int:
        return len(self._items)


def opaque(value: Any) -> Any:
    """Return a JSON value as templates see it."""
    if isinstance(value, Mapping):
        return Record(value)
    if isinstance(value, list | tuple):
        return Rows(value)
    return value


def measured(value: Any, most: int) -> tuple[int, int]:
    """Return the characters and the values in a value. Counting stops at `most` values."""
    characters = count = 0
    stack = [value]
    while stack and count < most:
        value = stack.pop()
        count += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Record):
            stack.append(value._fields)
        elif isinstance(value, Rows):
            stack.append(value._items)  # noqa: SLF001
        elif isinstance(value, Mapping):
            characters += sum(map(len, value))
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return characters, count
