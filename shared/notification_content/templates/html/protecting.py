"""Tags of a template hidden from tools that read HTML, MJML or CSS, and put back afterwards."""

import re

from notification_content.templates.language.scanner import spans_of


class Protected:
    """A template whose tags are replaced by words, such as `jinja7x`.

    `text` is what another tool may read and rewrite; `restored` puts the tags back. Comments are
    left out; their line breaks stay, so that lines keep their numbers.
    """

    def __init__(self, source: str) -> None:
        self._stem = "jinja"
        while self._stem in source:
            self._stem += "z"
        self._tags: list[str] = []
        pieces, position = [], 0
        for start, end, tag in spans_of(source):
            pieces.append(source[position:start])
            position = end
            if tag is None:
                pieces.append("\n" * source.count("\n", start, end))
            else:
                pieces.append(f"{self._stem}{len(self._tags)}x")
                self._tags.append(source[start:end])
        self.text = "".join([*pieces, source[position:]])

    def restored(self, text: str) -> str:
        """Return a text with the tags in their places."""
        return re.sub(rf"{self._stem}(\d+)x", lambda word: self._tags[int(word[1])], text)


def masked(source: str) -> str:
    """Return a template of the same length in which tags and comments are letters.

    Positions in the result are positions in the source. Line breaks are kept.
    """
    pieces, position = [], 0
    for start, end, _ in spans_of(source):
        pieces += [source[position:start], re.sub(r"[^\n]", "x", source[start:end])]
        position = end
    return "".join([*pieces, source[position:]])
