"""Tables that hold items, keep their indexes, and count what each write costs.

Source: Amazon DynamoDB Developer Guide, "Using Global Secondary Indexes", write capacity units: an
index is charged for an entry that comes, goes or changes its projected attributes; one whose key
changes is a deletion and an insertion; one that does not see the change costs nothing.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from infra.bench.stub.sizes import Item, item_size, write_units

#: An index's entry in its partition: the sort key, and the item's own key.
Entry = tuple[float, str]


@dataclass(slots=True, kw_only=True)
class Index:
    """A global secondary index: a string for its partition, and perhaps a number to sort by."""

    name: str
    partition: str  #: attribute
    sort: str | None  #: attribute
    projected: frozenset[str]  #: attributes, the keys included
    entries: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def key(self, item: Item | None) -> tuple[str, float] | None:
        """Return where an item stands in the index; None when it lacks a key attribute."""
        if item is None or self.partition not in item or (self.sort and self.sort not in item):
            return None
        return item[self.partition]["S"], float(item[self.sort]["N"]) if self.sort else 0.0

    def seen(self, item: Item) -> Item:
        """Return the part of an item that the index holds."""
        return {name: item[name] for name in self.projected if name in item}

    def replace(self, own_key: str, before: Item | None, after: Item | None) -> int:
        """Put an item's new entry in the place of the old one; returns the write units."""
        old, new = self.key(before), self.key(after)
        if old == new:
            unchanged = old is None or self._sees_no_change(before, after)
            return 0 if unchanged else self._cost(before, after)
        if old is not None:
            entries = self.entries[old[0]]
            del entries[bisect_left(entries, (old[1], own_key))]
        if new is not None:
            insort(self.entries[new[0]], (new[1], own_key))
        return (self._cost(before) if old else 0) + (self._cost(after) if new else 0)

    def _sees_no_change(self, before: Item | None, after: Item | None) -> bool:
        return self.seen(before or {}) == self.seen(after or {})

    def _cost(self, *versions: Item | None) -> int:
        return write_units(max(item_size(self.seen(each)) for each in versions if each))


class Table:
    """One table.

    `units` counts write units, "" for the table itself and else by index; `largest` is the size in
    bytes of the largest item ever written.
    """

    def __init__(self, key: str, indexes: Iterable[Index] = ()) -> None:
        self.key = key
        self.indexes = {each.name: each for each in indexes}
        self.items: dict[str, Item] = {}
        self.units: Counter[str] = Counter()
        self.largest = 0

    def load(self, items: Iterable[Item]) -> None:
        """Put items in without charging for them."""
        for item in items:
            own_key = item[self.key]["S"]
            for index in self.indexes.values():
                index.replace(own_key, self.items.get(own_key), item)
            self.items[own_key] = item

    def write(self, item: Item) -> None:
        """Put an item in the place of the one that has its key, if there is one."""
        own_key = item[self.key]["S"]
        before = self.items.get(own_key)
        self.charge(before, item)
        for index in self.indexes.values():
            if cost := index.replace(own_key, before, item):
                self.units[index.name] += cost
        self.items[own_key] = item

    def charge(self, *versions: Item | None) -> None:
        """Charge for a write to the table itself; a refused one costs the same."""
        size = max((item_size(each) for each in versions if each), default=0)
        self.units[""] += write_units(size)
        self.largest = max(self.largest, size)
