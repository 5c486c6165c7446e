"""Style sheets to `style` attributes, because some mail programs ignore style sheets.

The page is not written anew: attributes are inserted into the source, so that everything else stays
as the author wrote it. A parser of HTML5 would move a tag such as `{% for row in rows %}` out of a
table.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from notification_content.templates.html.elements import (
    MarkupProblem,
    MarkupTag,
    line_of,
    markup_tags,
)
from notification_content.templates.html.protecting import Protected, masked
from notification_content.templates.language.scanner import tags_of

#: The most comparisons of an element with a selector.
MOST_COMPARISONS = 5_000_000
#: The deepest nesting of elements.
DEEPEST = 200
#: The longest selectors of a rule, in characters, and the most spaces in one: `div p a` has two.
#: A rule with more stays in its style sheet.
LONGEST_SELECTORS = 300
MOST_SPACES = 3

#: The elements that an opening tag ends, by its name (HTML Living Standard, "Optional tags").
_ENDS: Mapping[str, frozenset[str]] = {
    "li": frozenset({"li"}),
    "tr": frozenset({"tr", "td", "th"}),
    "td": frozenset({"td", "th"}),
    "th": frozenset({"td", "th"}),
    "p": frozenset({"p"}),
}
_UNSTYLED = frozenset({"html", "head", "link", "meta", "script", "style", "title"})
_STYLE = re.compile(
    r"""(?<=[\s"'])style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
#: The first rule of the style sheet with which MJML begins. It is for programs that read it there.
_OF_MJML = "#outlook a"


@dataclass(slots=True)
class Declarations:
    """The declarations of the rules that match an element, in the order in which they apply."""

    normal: dict[str, str] = field(default_factory=dict)
    important: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector with its declarations: name, value, whether it is important.

    `spaces` is the number of spaces in the selector, each of which may be any number of elements.
    """

    selector: Any
    spaces: int
    order: tuple[Any, ...]
    declarations: tuple[tuple[str, str, bool], ...]


def inlined(source: str) -> str:
    """Return a page with the rules of its style sheets in the elements' attributes.

    Rules that cannot be in an attribute stay, such as those in `@media` and `:hover`. Raises
    `MarkupProblem`.
    """
    text = masked(source)
    tags = list(markup_tags(text))
    rules: list[Rule] = []
    changes: list[tuple[int, int, str]] = []
    for tag in tags:
        if tag.content_end is not None and tag.name == "style" and _is_inlined(tag, source, text):
            kept = _read_sheet(source[tag.end : tag.content_end], rules, source, tag)
            if not _has_unknown_elements(source):
                changes.append(_sheet_change(source, tag, kept))
    if rules:
        changes += _style_changes(source, text, tags, rules)
    for start, end, replacement in sorted(changes, reverse=True):
        source = source[:start] + replacement + source[end:]
    return source


def _has_unknown_elements(source: str) -> bool:
    """Whether elements or classes are known only when a message is rendered."""
    words = {token.text for tag in tags_of(source) for token in tag.tokens}
    return "safe" in words or re.search(r"""class\s*=\s*["'][^"'<>]*\{[{%]""", source) is not None


def _is_inlined(tag: MarkupTag, source: str, text: str) -> bool:
    """Whether the rules of a style sheet apply to every screen, and do not depend on data."""
    sheet = source[tag.end : tag.content_end]
    everywhere = tag.attributes(text).get("media", "all") in {"all", "screen"}
    return everywhere and _OF_MJML not in sheet and all(part.prints for part in tags_of(sheet))


def _sheet_change(source: str, tag: MarkupTag, kept: str) -> tuple[int, int, str]:
    """Return the change that leaves only some rules in a style sheet."""
    assert tag.content_end is not None  # noqa: S101 - only style sheets get here
    if kept.strip():
        return tag.end, tag.content_end, kept
    return tag.start, source.index(">", tag.content_end) + 1, ""


def _read_sheet(sheet: str, rules: list[Rule], source: str, tag: MarkupTag) -> str:
    """Add the rules of a style sheet; return the text of those that stay in it."""
    import tinycss2  # noqa: PLC0415 - only publishing needs it

    protected = Protected(sheet)
    kept = []
    for node in tinycss2.parse_stylesheet(protected.text, skip_comments=True, skip_whitespace=True):
        if node.type == "error":
            line = line_of(source, tag.end) + node.source_line - 1
            raise MarkupProblem(f"the style sheet is not valid: {node.message}", line)
        if node.type == "at-rule" or not _read_rule(node, protected, rules):
            kept.append(protected.restored(node.serialize()))
    return "\n".join(kept)


def _read_rule(node: Any, protected: Protected, rules: list[Rule]) -> bool:
    """Add a rule, and return whether it can be in attributes completely."""
    import cssselect2  # noqa: PLC0415 - only publishing needs it
    import tinycss2  # noqa: PLC0415

    prelude = tinycss2.serialize(node.prelude).strip()
    spaces = max(len(re.findall(r"\s+", part.strip())) for part in prelude.split(","))
    if len(prelude) > LONGEST_SELECTORS or spaces > MOST_SPACES or re.search("[:~]", prelude):
        return False
    try:
        selectors = cssselect2.compile_selector_list(node.prelude)
    except cssselect2.SelectorError:
        return False
    declarations = tuple(
        (
            item.lower_name,
            protected.restored(_in_attribute(tinycss2.serialize(item.value).strip())),
            item.important,
        )
        for item in tinycss2.parse_blocks_contents(
            node.content, skip_comments=True, skip_whitespace=True
        )
        if item.type == "declaration"
    )
    for selector in selectors:
        order = (selector.specificity, len(rules))
        rules.append(Rule(selector, spaces, order, declarations))
    return True


def _style_changes(
    source: str, text: str, tags: list[MarkupTag], rules: list[Rule]
) -> Iterator[tuple[int, int, str]]:
    """Return the changes that give each element its declarations."""
    placed, root = _tree(text, tags)
    depth = _depth(root)
    # A selector such as `div p a` is compared with each pair of elements around an `a`.
    for_one = sum(depth ** max(rule.spaces - 1, 0) for rule in rules)
    if len(placed) * for_one > MOST_COMPARISONS:
        raise MarkupProblem("there are too many elements and rules of style sheets")
    for element, matching in _matches(root, rules):
        tag = placed.get(element)
        if tag is not None and tag.name not in _UNSTYLED:
            yield _with_style(source, text, tag, _merged(matching))


def _matches(root: Element, rules: list[Rule]) -> Iterator[tuple[Element, list[Rule]]]:
    """Return the elements that rules match, with the rules in the order in which they apply."""
    import cssselect2  # noqa: PLC0415 - only publishing needs it

    matcher = cssselect2.Matcher()
    for rule in rules:
        matcher.add_selector(rule.selector, rule)
    for wrapper in cssselect2.ElementWrapper.from_html_root(root).iter_subtree():
        matching = [payload for *_, payload in matcher.match(wrapper)]
        if matching:
            yield wrapper.etree_element, sorted(matching, key=lambda rule: rule.order)


def _tree(text: str, tags: list[MarkupTag]) -> tuple[dict[Element, MarkupTag], Element]:
    """Return the elements with their tags, and their common root."""
    root = Element("root")
    placed: dict[Element, MarkupTag] = {}
    stack = [root]
    for tag in tags:
        if tag.closes:
            names = [element.tag for element in stack[1:]]
            if tag.name in names:
                del stack[len(names) - names[::-1].index(tag.name) :]
            continue
        while len(stack) > 1 and stack[-1].tag in _ENDS.get(tag.name, ()):
            stack.pop()
        element = SubElement(stack[-1], tag.name, tag.attributes(text))
        placed[element] = tag
        if not tag.void and tag.content_end is None:
            stack.append(element)
        if len(stack) > DEEPEST:
            raise MarkupProblem("elements are nested too deep", line_of(text, tag.start))
    whole = next((element for element in root if element.tag == "html"), None)
    return placed, root if whole is None else whole


def _depth(root: Element) -> int:
    """Return how many levels of elements there are."""
    depth = 0
    level = [root]
    while level:
        depth += 1
        level = [child for element in level for child in element]
    return depth


def _merged(rules: list[Rule]) -> Declarations:
    merged = Declarations()
    for rule in rules:
        for name, value, important in rule.declarations:
            into = merged.important if important else merged.normal
            # A later declaration of the same name takes its place at the end.
            into.pop(name, None)
            into[name] = value
    return merged


def _with_style(
    source: str, text: str, tag: MarkupTag, declarations: Declarations
) -> tuple[int, int, str]:
    """Return the change that adds declarations to a tag. Those of its attribute win."""
    attribute = _STYLE.search(text, tag.start, tag.end)
    own = ""
    if attribute:
        group = next(number for number in (1, 2, 3) if attribute[number] is not None)
        protected = Protected(
            source[attribute.start(group) : attribute.end(group)].strip().rstrip(";")
        )
        own = protected.restored(_in_attribute(protected.text))
    pieces = [f"{name}: {value}" for name, value in declarations.normal.items()]
    pieces += [own] if own else []
    pieces += [f"{name}: {value} !important" for name, value in declarations.important.items()]
    style = f'style="{"; ".join(pieces)}"'
    if attribute:
        return attribute.start(), attribute.end(), style
    end = tag.start + 1 + len(tag.name)
    return end, end, f" {style}"


def _in_attribute(css: str) -> str:
    """Return CSS for an attribute in double quotation marks."""
    return css.replace('"', "&quot;" if "'" in css else "'")
