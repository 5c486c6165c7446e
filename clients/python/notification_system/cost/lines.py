"""A line of the bill, and the sums of lines."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from notification_system.cost.prices import prices

#: The parts of a bill, and their headings.
PARTS = {
    "rest": "at rest",
    "notifications": "notifications, with the writes of their confirmations",
    "contents": "bodies of more than 300 bytes",
    "confirmations": "transport of confirmations",
    "metrics": "metrics of a target in use",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a month's bill."""

    part: str  #: of `PARTS`
    what: str
    quantity: float
    price: str  #: the name of a price in `prices.toml`

    @property
    def usd(self) -> float:
        """The cost at list price."""
        return self.quantity * prices()[self.price].usd


LineFactory = Callable[[str, float, str], Line]


def of(part: str) -> LineFactory:
    """Return a function that creates lines of a part from description, quantity and price name."""
    return partial(Line, part)


def total(lines: Sequence[Line], part: str | None = None) -> float:
    """Return the sum at list price, of one part or of all parts."""
    return sum(line.usd for line in lines if part in {None, line.part})


def after_free(lines: Sequence[Line]) -> float:
    """Return the sum after the free tier, if nothing else in the account uses it."""
    used = Counter[str]()
    for line in lines:
        used[line.price] += line.quantity  # type: ignore[assignment]
    price = prices()
    return sum(
        max(quantity - price[name].free, 0) * price[name].usd for name, quantity in used.items()
    )
