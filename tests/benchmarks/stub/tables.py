"""Tables with items and indexes that count the units of each write.

Source: Amazon DynamoDB Developer Guide, "Using Global Secondary Indexes", write capacity units: an
index is charged for an entry that is added, removed or changes its projected attributes. A change
of its key is a deletion and an insertion. A change of other attributes costs nothing.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.benchmarks.stub.sizes import Item, item_size, write_units

#: An index's entry in its partition: the sort key, and the item's own key.
Entry = tuple[float, str]
#: A partition, and the sort key within it.
Place = tuple[str, float]


@dataclass(slots=True, kw_only=True)
class Index:
    """A global secondary index with a string partition key and an optional number sort key."""

    name: str
    partition: str  #: attribute
    sort: str | None  #: attribute
    projected: frozenset[str]  #: attributes, including the keys
    entries: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def key(self, item: Item | None) -> Place | None:
        """Return an item's position in the index; None if it lacks a key attribute."""
        if item is None or self.partition not in item or (self.sort and self.sort not in item):
            return None
        # A sort key that is a string is not ordered, because no measured function queries by one.
        sort = item[self.sort].get("N", 0.0) if self.sort else 0.0
        return item[self.partition]["S"], float(sort)

    def seen(self, item: Item) -> Item:
        """Return the projected attributes of an item."""
        return {name: item[name] for name in self.projected if name in item}

    def move(self, own_key: str, old: Place | None, new: Place | None) -> None:
        """Move an item's entry from one position to another."""
        if old == new:
            return
        if old is not None:
            entries = self.entries[old[0]]
            del entries[bisect_left(entries, (old[1], own_key))]
        if new is not None:
            insort(self.entries[new[0]], (new[1], own_key))

    def cost(self, before: Item | None, after: Item | None) -> int:
        """Return the write units of an item's change."""
        old, new = self.key(before), self.key(after)
        if before is None or after is None or old != new:
            going = self._units(before) if before and old else 0
            return going + (self._units(after) if after and new else 0)
        if new is None or self.seen(before) == self.seen(after):
            return 0
        return max(self._units(before), self._units(after))

    def _units(self, item: Item) -> int:
        return write_units(item_size(self.seen(item)))


class Table:
    """One table, with a string partition key and an optional sort key.

    `units` counts the write units of the table (under "") and of each index; `largest` is the size
    in bytes of the largest item written so far. Both are counted only with `counting`, which takes
    more time than everything else.
    """

    def __init__(
        self,
        key: str,
        indexes: Iterable[Index] = (),
        *,
        sort: str | None = None,
        counting: bool = False,
    ) -> None:
        self.key = key
        self.sort = sort
        self.counting = counting
        self.indexes = {index.name: index for index in indexes}
        self.items: dict[str, Item] = {}
        self.units: Counter[str] = Counter()
        self.largest = 0

    def key_of(self, item: Item) -> str:
        """Return the primary key of an item or a request: the partition key, and the sort key."""
        sort = [f"#{value}" for value in item[self.sort].values()] if self.sort else []
        return "".join([item[self.key]["S"], *sort])

    def load(self, items: Iterable[Item]) -> None:
        """Insert items without counting units."""
        for item in items:
            self._put(item)

    def write(self, item: Item) -> None:
        """Insert an item, or replace the item with its key."""
        before = self.items.get(self.key_of(item))
        self.charge(before, item)
        self._charge_indexes(before, item)
        self._put(item)

    def delete(self, item: Item) -> None:
        """Remove an existing item."""
        own_key = self.key_of(item)
        self.charge(item)
        self._charge_indexes(item, None)
        for index in self.indexes.values():
            index.move(own_key, index.key(item), None)
        del self.items[own_key]

    def _charge_indexes(self, before: Item | None, after: Item | None) -> None:
        if self.counting:
            for index in self.indexes.values():
                if cost := index.cost(before, after):
                    self.units[index.name] += cost

    def charge(self, *versions: Item | None) -> None:
        """Count the units of a write to the table; a rejected write costs the same."""
        if self.counting:
            size = max((item_size(version) for version in versions if version), default=0)
            self.units[""] += write_units(size)
            self.largest = max(self.largest, size)

    def _put(self, item: Item) -> None:
        own_key = self.key_of(item)
        before = self.items.get(own_key)
        for index in self.indexes.values():
            index.move(own_key, index.key(before), index.key(item))
        self.items[own_key] = item
