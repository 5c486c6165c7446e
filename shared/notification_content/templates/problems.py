"""What is wrong with a template, and where."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One error or warning about a template.

    `part` is a part of a channel's content, such as `html`, or, without a channel, a field of the
    template, such as `schema`. `line` counts from 1 in the text of the part.
    """

    message: str
    locale: str | None = None
    channel: str | None = None
    part: str | None = None
    line: int | None = None
    variable: str | None = None

    @property
    def field(self) -> str:
        """The field of the request that the problem is about, such as `content.de.email.html`."""
        place = [name for name in (self.locale, self.channel, self.part) if name]
        return ".".join(["content", *place] if self.locale or not place else place)

    def __str__(self) -> str:
        """The message, with the line if it is known."""
        return f"line {self.line}: {self.message}" if self.line else self.message


class TemplateRejected(Exception):
    """A template has errors; `problems` holds at least one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.field}: {problem}" for problem in self.problems))
