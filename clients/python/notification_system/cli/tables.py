"""Tables for the terminal, which stay readable at any width."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from notification_system.cli.formatting import plain

#: Below this width each row becomes a list of names and values.
STACKED_BELOW = 60

GAP = (0, 2, 0, 0)

#: The columns in front of the lines below a row.
INDENT = 2

Cell = Text | str


class Rows:
    """A table whose rows may have further lines below them, as wide as the terminal.

    A long cell ends with an ellipsis, or wraps if its column folds.
    """

    def __init__(self, columns: Sequence[str], right: Iterable[str], fold: Iterable[str]) -> None:
        self._columns = columns
        self._right, self._fold = frozenset(right), frozenset(fold)
        self._rows: list[tuple[list[Text], Sequence[Text]]] = []

    def add_row(self, *cells: Cell, below: Sequence[Text] = ()) -> None:
        """Add a row, and the lines below it."""
        texts = [cell if isinstance(cell, Text) else Text(cell) for cell in cells]
        self._rows.append((texts, below))

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Render the table for a terminal's width."""
        if options.max_width < STACKED_BELOW:
            yield from self._stacked()
        elif any(below for _, below in self._rows):
            yield from self._with_lines_below(options.max_width)
        else:
            table = self._table([None] * len(self._columns))
            table.show_header = True
            for cells, _ in self._rows:
                table.add_row(*cells)
            yield table

    def _stacked(self) -> Iterator[RenderableType]:
        for number, (cells, below) in enumerate(self._rows):
            if number:
                yield ""
            yield field_table(
                [
                    (name, cell)
                    for name, cell in zip(self._columns, cells, strict=True)
                    if cell.plain
                ]
            )
            yield from (Padding(line, (0, 0, 0, INDENT), expand=False) for line in below)

    def _with_lines_below(self, width: int) -> Iterator[RenderableType]:
        """Yield a table for each row, with the same widths, and the lines below it."""
        widths = self._widths(width)
        header = self._table(widths)
        header.add_row(*(Text(name, style="bold") for name in self._columns))
        yield header
        for cells, below in self._rows:
            row = self._table(widths)
            row.add_row(*cells)
            yield row
            yield from (Padding(line, (0, 0, 0, INDENT), expand=False) for line in below)

    def _widths(self, available: int) -> list[int]:
        """Return the columns' widths; the widest ones give way until the table fits."""
        widths = [
            max(Text(name).cell_len, *(cells[index].cell_len for cells, _ in self._rows))
            for index, name in enumerate(self._columns)
        ]
        while sum(widths) + 2 * (len(widths) - 1) > available:
            widths[widths.index(max(widths))] -= 1
        return widths

    def _table(self, widths: Sequence[int | None]) -> Table:
        table = Table(box=None, pad_edge=False, padding=GAP, header_style="bold", show_header=False)
        for name, width in zip(self._columns, widths, strict=True):
            folds = name in self._fold
            table.add_column(
                name,
                justify="right" if name in self._right else "left",
                no_wrap=not folds,
                overflow="fold" if folds else "ellipsis",
                width=width,
            )
        return table


def table(*columns: str, right: Iterable[str] = (), fold: Iterable[str] = ()) -> Rows:
    """Return an empty table."""
    return Rows(columns, right, fold)


def field_table(rows: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> Table:
    """Return a table of names and values, one per line, without the empty values."""
    lines = Table(box=None, pad_edge=False, padding=GAP, show_header=False)
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(overflow="fold")
    for name, value in rows.items() if isinstance(rows, Mapping) else rows:
        if value not in (None, ""):
            lines.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return lines


def one_line(text: str, style: str = "") -> Text:
    """Return a line that ends with an ellipsis if it is too long."""
    return Text(text.replace("\n", " "), style=style, no_wrap=True, overflow="ellipsis")
