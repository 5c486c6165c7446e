"""A line of the bill, and sums."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from notification_system.cost.prices import prices

#: The parts of a bill, and what each is.
PARTS = {
    "rest": "at rest",
    "notifications": "notifications, a confirmation's writes included",
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
    price: str  #: its name in `prices.toml`

    @property
    def usd(self) -> float:
        """What it costs at list price."""
        return self.quantity * prices()[self.price].usd


Maker = Callable[[str, float, str], Line]


def of(part: str) -> Maker:
    """Return what makes lines of a part, from what it is, how much, and the price's name."""
    return partial(Line, part)


def total(lines: Sequence[Line], part: str | None = None) -> float:
    """Return the sum at list price, of one part or of all."""
    return sum(each.usd for each in lines if part in {None, each.part})


def after_free(lines: Sequence[Line]) -> float:
    """Return the sum without what every account has for nothing, if nothing else uses that up."""
    used = Counter[str]()
    for line in lines:
        used[line.price] += line.quantity  # type: ignore[assignment]
    known = prices()
    return sum(max(many - known[name].free, 0) * known[name].usd for name, many in used.items())
