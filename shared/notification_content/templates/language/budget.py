"""What rendering one part of a message may cost, counted while it is rendered."""

import threading

#: The most characters of a rendered part.
LONGEST_OUTPUT = 1_000_000
#: The work of one part, in units of roughly a microsecond.
MOST_WORK = 30_000
#: The characters of a text that a unit of work reads.
CHARACTERS = 2_000


class Unprintable(Exception):
    """A value that a template uses does not have what the template needs."""


class TooExpensive(Exception):
    """A template takes too long, or its text is too long."""


class Budget:
    """The cost of a part so far, with the recipient's locale and time zone, which filters need.

    `size` is the number of characters in the data. `escapes` says whether the part is HTML, and
    `plain_spaces` whether filters write plain spaces only, as in an SMS.
    """

    __slots__ = (
        "escapes",
        "line",
        "locale",
        "plain_spaces",
        "printed",
        "size",
        "time_zone",
        "work",
    )

    def __init__(self, locale: str, time_zone: str, size: int, *, escapes: bool) -> None:
        self.locale, self.time_zone, self.size = locale, time_zone, size
        self.escapes = escapes
        self.plain_spaces = False
        self.printed = self.work = 0
        self.line: int | None = None

    def spend(self, work: int) -> None:
        """Count work."""
        self.work += work
        self.verify()

    def verify(self) -> None:
        """Raise `TooExpensive` if the work is too much. The engine ignores some earlier errors."""
        if self.work > MOST_WORK:
            raise TooExpensive("rendering takes too long; use fewer or shorter lists")

    def print(self, characters: int) -> None:
        """Count text of the message."""
        self.printed += characters
        if self.printed > LONGEST_OUTPUT:
            raise TooExpensive(f"the text is longer than {LONGEST_OUTPUT:,} characters")

    def compare(self, cost: int) -> None:
        """Count comparisons, whose cost depends on the size of the data."""
        self.spend(cost * self.size // (2 * CHARACTERS))


_rendering = threading.local()


def begin(budget: Budget) -> None:
    """Count what this thread renders from now on in a budget."""
    _rendering.budget = budget


def current() -> Budget:
    """Return the budget of the part that this thread renders."""
    budget: Budget = _rendering.budget
    return budget


def tick(characters: int, cost: int) -> str:
    """Count one pass of a loop."""
    budget = current()
    budget.spend(1)
    budget.print(characters)
    if cost:
        budget.compare(cost)
    return ""


def at(line: int) -> str:
    """Note the line that is rendered."""
    current().line = line
    return ""
