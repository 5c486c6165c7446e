"""The statements of a template: which are allowed, how they nest, and what is rendered.

Templates run where other people's messages are sent, so each statement's cost is limited. The
engine's own limit, fuel, does not count what filters and accesses to the data cost in Python.
`instrumented` therefore adds calls that count the passes of loops and what is in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from notification_content.templates.language.expressions import check_expression, cost
from notification_content.templates.language.scanner import SyntaxProblem, Tag, Token, tags_of

#: The most tags of a part, and the most branches of one `if`.
MOST_TAGS = 2_000
MOST_BRANCHES = 50
#: The deepest nesting of `if` and `for`.
DEEPEST = 12

_ENDS = {"endif": "if", "endfor": "for"}
_STATEMENTS = frozenset({"if", "elif", "else", "endif", "for", "endfor", "set"})


@dataclass(slots=True)
class Block:
    """An `if` or `for` with what is directly in it; the whole template is one too.

    `characters` counts literal text, `cost` what comparisons cost per character of the data.
    """

    tag: Tag | None
    characters: int = 0
    cost: int = 0
    branches: int = 0
    has_else: bool = False
    loops: list["Block"] = field(default_factory=list)


def checked_tags(source: str) -> tuple[list[Tag], Block]:
    """Return the tags of a template, and the template as a block with every loop.

    Raises `SyntaxProblem` for a template that cannot be parsed or contains what is not allowed.
    """
    tags = []
    whole = Block(None)
    stack = [whole]
    end = 0
    for tag in tags_of(source):
        tags.append(tag)
        if len(tags) > MOST_TAGS:
            raise SyntaxProblem(f"there are more than {MOST_TAGS} tags", tag.line)
        _loop(stack).characters += tag.start - end
        end = tag.end
        _check(tag, stack)
        _loop(stack).cost += cost(expression_of(tag))
    _loop(stack).characters += len(source) - end
    if (unclosed := stack[-1].tag) is not None:
        raise SyntaxProblem(
            f"{{% {unclosed.keyword} %}} does not end; write {{% end{unclosed.keyword} %}}",
            unclosed.line,
        )
    return tags, whole


def _loop(stack: list[Block]) -> Block:
    """Return the innermost loop, or the whole template."""
    return next(
        block for block in reversed(stack) if block.tag is None or block.tag.keyword == "for"
    )


def _check(tag: Tag, stack: list[Block]) -> None:
    """Check one tag, and open or close its block."""
    keyword = tag.keyword
    if tag.prints:
        if not tag.tokens:
            raise SyntaxProblem("{{ }} is empty; write the name of a variable in it", tag.line)
    elif keyword not in _STATEMENTS:
        known = ", ".join(sorted(_STATEMENTS))
        name = f"{{% {keyword} %}}" if keyword else "{% %}"
        raise SyntaxProblem(f"{name} is not a statement of templates; those are {known}", tag.line)
    elif keyword in _ENDS:
        _close(tag, stack)
    elif keyword in {"elif", "else"}:
        _branch(tag, stack[-1])
    elif keyword == "set":
        _check_set(tag)
    if keyword in {"if", "for"}:
        _open(tag, stack)
    check_expression(expression_of(tag), tag.line)


def _open(tag: Tag, stack: list[Block]) -> None:
    if len(stack) > DEEPEST:
        raise SyntaxProblem(f"if and for are nested more than {DEEPEST} deep", tag.line)
    block = Block(tag)
    if tag.keyword == "for":
        if not loop_variables(tag):
            raise SyntaxProblem("write {% for item in items %}", tag.line)
        if any(token.text == "recursive" for token in tag.tokens):
            raise SyntaxProblem("recursive loops are not available", tag.line)
        stack[0].loops.append(block)
    stack.append(block)


def _close(tag: Tag, stack: list[Block]) -> None:
    opened = stack[-1].tag
    if opened is None or opened.keyword != _ENDS[tag.keyword]:
        raise SyntaxProblem(f"{{% {tag.keyword} %}} ends nothing that is open here", tag.line)
    stack.pop()


def _branch(tag: Tag, block: Block) -> None:
    keyword = block.tag.keyword if block.tag else ""
    if not keyword or (tag.keyword == "elif" and keyword != "if") or block.has_else:
        raise SyntaxProblem(f"{{% {tag.keyword} %}} does not belong to an open if", tag.line)
    block.branches += 1
    block.has_else = tag.keyword == "else"
    if block.branches > MOST_BRANCHES:
        raise SyntaxProblem(f"an if has more than {MOST_BRANCHES} branches", tag.line)


def _check_set(tag: Tag) -> None:
    texts = [token.text for token in tag.tokens]
    if len(texts) < 4 or tag.tokens[1].kind != "name" or texts[2] != "=":  # noqa: PLR2004 - set a = b
        raise SyntaxProblem("write {% set name = value %}", tag.line)


def loop_variables(tag: Tag) -> tuple[str, ...]:
    """Return the names that a `for` defines; empty if it is not well-formed."""
    texts = [token.text for token in tag.tokens]
    if "in" not in texts:
        return ()
    names = texts[1 : texts.index("in")]
    pattern = ["n", ",", "n"][: len(names)]
    kinds = ["n" if text.isidentifier() else text for text in names]
    return tuple(names[::2]) if kinds == pattern and len(kinds) in {1, 3} else ()


def expression_of(tag: Tag) -> tuple[Token, ...]:
    """Return the tokens of a tag that are evaluated."""
    if tag.keyword == "for":
        return tag.tokens[1 + 2 * len(loop_variables(tag)) :]
    if tag.keyword == "set":
        return tag.tokens[3:]
    return tag.expression


@dataclass(frozen=True, slots=True)
class Instrumented:
    """A source to render, and the cost of its comparisons outside of loops."""

    source: str
    cost: int


def instrumented(source: str, *, marks: bool = False) -> Instrumented:
    """Return the source that is rendered.

    Each pass of a loop reports its size, and each `set` the size of its value. With `marks`, each
    tag reports its line before it runs, which is for finding the place of an error.
    """
    tags, whole = checked_tags(source)
    loops = {block.tag.start: block for block in whole.loops if block.tag}
    pieces = list(_pieces(source, tags, loops, marks=marks))
    return Instrumented("".join(pieces), whole.cost)


def _pieces(source: str, tags: list[Tag], loops: dict[int, Block], *, marks: bool) -> Iterator[str]:
    position = 0
    for tag in tags:
        yield source[position : tag.start]
        if marks and (tag.prints or tag.keyword in {"if", "for", "set"}):
            yield f"{{% do _at({tag.line}) %}}"
        text = source[tag.start : tag.end]
        if tag.keyword == "set":
            name, value = text.split("=", 1)
            closing = len(tag.trims) + 2
            text = f"{name}= _bounded(({value[:-closing]})){value[-closing:]}"
        yield text
        if (loop := loops.get(tag.start)) is not None:
            yield f"{{% do _tick({loop.characters}, {loop.cost}) {tag.trims}%}}"
        position = tag.end
    yield source[position:]
