"""Collects words into the lines of a plain text, with lists, quotations and rows of tables."""

import re

#: Characters without a width, with which e-mails fill up a hidden preview text.
_FILLER = re.compile("[\u00ad\u034f\u200b-\u200d\u2060\ufeff\\s]*")

#: A space that is kept at the start of a line. No text contains it, because `\s` matches it.
_KEPT_SPACE = "\x1f"

#: The deepest indentation; deeper lists and quotations are not indented further.
_DEEPEST = 8

#: The longest line to which another cell of a row is added.
_SHORT_ROW = 60
_BETWEEN_CELLS = "  "


class TextLines:
    """A text that grows word by word. A line break has an effect once another word follows."""

    def __init__(self) -> None:
        self.started = 0  #: the number of lines so far
        self._lines: list[str] = []
        self._line: list[str] = []
        self._length = 0  #: characters in the line
        self._between = ""  #: what is due before the next word of the same line
        self._breaks = 0  #: the line breaks that are due; 2 leave an empty line
        self._glued = False  #: whether the next word continues the line in any case
        self._prefixes: list[str] = []
        self._bullet: str | None = None  #: replaces the last prefix of the next line

    def add(self, text: str) -> None:
        """Add a text. Its white space is collapsed."""
        words = text.split()
        if words:
            if text[0].isspace():
                self._add_space()
            self._write(" ".join(words))
        if text and text[-1].isspace():
            self._add_space()

    def add_preformatted(self, text: str) -> None:
        """Add a text with its spaces and line ends."""
        for number, line in enumerate(text.expandtabs().splitlines() or [""]):
            if number:
                self.force_break()
            if line.strip():
                self._write(re.sub(r"\s", _KEPT_SPACE, line.rstrip()))
        if text.endswith("\n"):
            self.force_break()

    def break_line(self, breaks: int = 1) -> None:
        """Let the next word begin a line, with 2 after an empty line."""
        if not self._glued:
            self._breaks = max(self._breaks, breaks)
            self._between = ""

    def force_break(self) -> None:
        """Let the next word begin a line, after an empty line if a break is due already."""
        self._glued = False
        self.break_line(2 if self._breaks else 1)

    def cancel_break(self) -> None:
        """Let the next word continue the line."""
        self._breaks = 0

    def next_cell(self, started_before: int) -> None:
        """Let the next cell of a row continue its line if that is the only one, and short.

        `started_before` is the number of lines before the row.
        """
        lines = self.started - started_before
        if lines == 1 and self._length <= _SHORT_ROW:
            self._breaks, self._between, self._glued = 0, _BETWEEN_CELLS, True
        elif lines:
            self.break_line()

    def end_cell(self) -> None:
        """Let line breaks count again; within an empty cell they do not."""
        self._glued = False

    def indent(self, prefix: str, bullet: str | None = None) -> None:
        """Begin a part whose lines have a prefix, the first one a bullet instead."""
        self._prefixes.append(prefix.replace(" ", _KEPT_SPACE))
        self._bullet = bullet

    def outdent(self) -> None:
        """End the latest part with a prefix."""
        self._prefixes.pop()
        self._bullet = None

    def text(self) -> str:
        """Return the text: one line feed at its end, and at most one empty line in a row."""
        self._end_line()
        text = "\n".join(self._lines).strip("\n")
        return re.sub(r"\n{3,}", "\n\n", text).replace(_KEPT_SPACE, " ") + "\n"

    def _add_space(self) -> None:
        self._between = self._between or " "

    def _write(self, text: str) -> None:
        if self._breaks or not self._line:
            self._start_line()
        elif self._between:
            self._append(self._between)
        self._between, self._glued = "", False
        self._append(text)

    def _start_line(self) -> None:
        self._end_line()
        if self._breaks > 1:
            self._lines.append("")
        self._breaks, self.started = 0, self.started + 1
        prefixes = self._prefixes[:_DEEPEST]
        if self._bullet is not None:
            prefixes[-1:] = [self._bullet]
            self._bullet = None
        self._append("".join(prefixes))

    def _end_line(self) -> None:
        line = "".join(self._line)
        if line:
            self._lines.append("" if _FILLER.fullmatch(line) else line)
        self._line, self._length = [], 0

    def _append(self, text: str) -> None:
        self._line.append(text)
        self._length += len(text)
