"""The tags of a template and their tokens. Every step is linear in the template's length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The largest tag, in tokens. Deep expressions would exhaust the stack of the engine's parser.
MOST_TOKENS = 200
#: The most tokens of a part.
MOST_TOKENS_OF_ALL = 20_000
#: The longest literal text in a tag, in characters.
LONGEST_LITERAL = 1_000

_OPENING = re.compile(r"\{[{%#]")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<text>'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<closing>[-+]?[%}]\})
    |(?P<operator>//|\*\*|==|!=|<=|>=|[-+*/%<>=~|.,:()\[\]{}])""",
    re.DOTALL | re.VERBOSE,
)


class SyntaxProblem(Exception):
    """A template cannot be parsed, or contains something that templates may not contain."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, line)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a tag. `kind` is name, number, text or operator."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: `{{ … }}` if `prints`, otherwise `{% … %}`.

    `start` and `end` are positions in the source, `line` counts from 1. `trims` is the `-` of
    `-%}`, which removes the spaces after the tag, or "".
    """

    prints: bool
    tokens: tuple[Token, ...]
    start: int
    end: int
    line: int
    trims: str

    @property
    def keyword(self) -> str:
        """The name of a statement, such as `for`; "" for a tag that prints."""
        return "" if self.prints or not self.tokens else self.tokens[0].text

    @property
    def expression(self) -> tuple[Token, ...]:
        """The tokens without the statement's name."""
        return self.tokens if self.prints else self.tokens[1:]


def tags_of(source: str) -> Iterator[Tag]:
    """Return the tags of a template in their order, without comments.

    Raises `SyntaxProblem` for a tag that does not end, and for a character that has no meaning.
    """
    for _, _, tag in spans_of(source):
        if tag is not None:
            yield tag


def spans_of(source: str) -> Iterator[tuple[int, int, Tag | None]]:
    """Return the start and the end of each tag and comment; a comment has no tag."""
    position, line, counted, tokens = 0, 1, 0, 0
    while (opening := _OPENING.search(source, position)) is not None:
        start = opening.start()
        line += source.count("\n", counted, start)
        counted = start
        if opening[0] == "{#":
            position = source.find("#}", start + 2) + 2
            if position == 1:
                raise SyntaxProblem("the comment {# does not end; write #}", line)
            yield start, position, None
            continue
        tag = _tag(source, start, line)
        tokens += len(tag.tokens)
        if tokens > MOST_TOKENS_OF_ALL:
            raise SyntaxProblem(f"there are more than {MOST_TOKENS_OF_ALL:,} words in tags", line)
        yield start, tag.end, tag
        position = tag.end


def _tag(source: str, start: int, line: int) -> Tag:
    """Read the tag at a position."""
    position = start + 2
    if source[position : position + 1] in {"-", "+"}:
        position += 1
    tokens: list[Token] = []
    wanted = "}}" if source[start + 1] == "{" else "%}"
    while (match := _TOKEN.match(source, position)) is not None:
        position, kind = match.end(), str(match.lastgroup)
        if kind == "closing" and match[0].endswith(wanted):
            trims = match[0][0] if match[0] != wanted else ""
            return Tag(wanted == "}}", tuple(tokens), start, position, line, trims)
        if kind == "closing":
            # `%}` in a tag that prints, or `}}` in a statement: not what the author meant.
            break
        if kind != "space":
            tokens.append(Token(kind, match[0]))
        if len(match[0]) > LONGEST_LITERAL:
            raise SyntaxProblem(
                f"a text in a tag is longer than {LONGEST_LITERAL} characters", line
            )
        if len(tokens) > MOST_TOKENS:
            raise SyntaxProblem(f"a tag has more than {MOST_TOKENS} words and signs", line)
    character = source[position : position + 1]
    at_end = not character or (match is not None and match.lastgroup == "closing")
    message = (
        f"the tag does not end; write {wanted}" if at_end else f"{character!r} has no meaning here"
    )
    raise SyntaxProblem(message, line)
