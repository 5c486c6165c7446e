"""The filters of templates. Each counts what it costs, and refuses a value that is missing."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from notification_content.templates.language.budget import (
    CHARACTERS,
    TooExpensive,
    Unprintable,
    current,
)
from notification_content.templates.language.values import Record, Rows, measured

#: The longest text that a filter returns, in characters, and the longest list of `range`.
LONGEST_RESULT = 100_000
LONGEST_RANGE = 1_000
#: The most values, and the most characters, of a value that `set` names.
MOST_VALUES = 10_000
LONGEST_VALUE = 100_000


def _text(value: Any) -> str:
    """Return the text of a value that a filter changes."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unprintable(f"needs a text, not {_kind(value)}")
    return str(value)


def _kind(value: Any) -> str:
    names = {bool: "true or false", Rows: "a list", list: "a list", Record: "an object"}
    return "a missing value" if value is None else names.get(type(value), "this value")


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unprintable(f"needs a number, not {_kind(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple | Rows | Record):
        return list(value)
    raise Unprintable(f"needs a list, not {_kind(value)}")


def _attribute(value: Any, name: str | None) -> Any:
    """Return a field of an item: `price` or `price.amount`."""
    for part in name.split(".") if name else ():
        if not isinstance(value, Record | Mapping) or part not in value:
            raise Unprintable(f"needs items that have `{name}`")
        value = value[part]
    return value


def _default(value: Any, instead: Any = "") -> Any:
    return instead if value is None or value == "" else value


def _join(value: Any, separator: str = ", ", attribute: str | None = None) -> str:
    return str(separator).join(_text(_attribute(item, attribute)) for item in _list(value))


def _length(value: Any) -> int:
    if isinstance(value, str | list | tuple | Rows | Record):
        return len(value)
    raise Unprintable(f"needs a text or a list, not {_kind(value)}")


def _first(value: Any) -> Any:
    items = _list(value)
    return items[0] if items else None


def _last(value: Any) -> Any:
    items = _list(value)
    return items[-1] if items else None


def _sort(value: Any, attribute: str | None = None, reverse: bool = False) -> Rows:  # noqa: FBT001, FBT002 - as in Jinja
    items = _list(value)
    budget = current()
    # Each comparison may read long texts, and there are several for each item.
    budget.spend(len(items) + 8 * budget.size // CHARACTERS)
    try:
        ordered = sorted(items, key=lambda item: _attribute(item, attribute), reverse=reverse)
    except TypeError:
        raise Unprintable("needs items that can be compared, such as numbers or texts") from None
    return Rows(ordered)


def _sum(value: Any, attribute: str | None = None) -> int | float:
    return sum(_number(_attribute(item, attribute)) for item in _list(value))


def _truncate(value: Any, length: int = 255, end: str = "…") -> str:
    text = _text(value)
    return text if len(text) <= length else text[: max(length - len(end), 0)].rstrip() + end


def _replace(value: Any, old: str, new: str) -> str:
    text = _text(value)
    if old and len(text) + text.count(old) * (len(new) - len(old)) > LONGEST_RESULT:
        raise TooExpensive(f"the text is longer than {LONGEST_RESULT:,} characters")
    return text.replace(old, new) if old else text


def _round(value: Any, digits: int = 0) -> int | float:
    rounded = round(_number(value), max(min(digits, 15), 0))
    return rounded if digits > 0 else int(rounded)


def _linebreaks(value: Any) -> str:
    return "<br>\n".join(escape(_text(value)).splitlines())


def _urlencode(value: Any) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - few templates need it

    return quote(_text(value), safe="")


def _range(*limits: Any) -> Rows:
    numbers = range(*(int(_number(limit)) for limit in limits))
    if len(numbers) > LONGEST_RANGE:
        raise TooExpensive(f"a range has more than {LONGEST_RANGE:,} numbers")
    return Rows(numbers)


def _bounded(value: Any) -> Any:
    """Return the value of a `set`, unless it has grown too large."""
    characters, values = measured(value, MOST_VALUES)
    current().spend(1 + characters // CHARACTERS + values)
    if characters > LONGEST_VALUE or values >= MOST_VALUES:
        raise TooExpensive("the value of a set is too large")
    return value


#: The filters whose result is a text of the template's own, in which nothing is escaped again.
SAFE: Mapping[str, Callable[..., Any]] = {
    "escape": lambda value: escape(_text(value)),
    "linebreaks": _linebreaks,
    "safe": _text,
}

PLAIN: Mapping[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "capitalize": lambda value: _text(value)[:1].upper() + _text(value)[1:],
    "default": _default,
    "first": _first,
    "join": _join,
    "last": _last,
    "length": _length,
    "lower": lambda value: _text(value).lower(),
    "replace": _replace,
    "reverse": lambda value: Rows(_list(value)[::-1]),
    "round": _round,
    "sort": _sort,
    "sum": _sum,
    "times": lambda value, factor: _number(value) * _number(factor),
    "trim": lambda value: _text(value).strip(),
    "truncate": _truncate,
    "upper": lambda value: _text(value).upper(),
    "urlencode": _urlencode,
}

#: CLDR writes spaces that no line ends at, such as in `70,20 €`. In an SMS, one of them would force
#: the whole text into UCS-2, so that it takes twice as many segments.
PLAIN_SPACES = {0x00A0: " ", 0x2009: " ", 0x202F: " "}

#: Short names that authors know from Jinja.
ALIASES = {"count": "length", "d": "default", "e": "escape"}

#: The filters of `locale_filters`, which is imported when one of them runs.
LOCALISED = ("currency", "date", "datetime", "number", "percent", "plural", "time")

FILTERS = frozenset({*SAFE, *PLAIN, *LOCALISED, *ALIASES})


def installed_filters() -> dict[str, Callable[..., Any]]:
    """Return the filters by name, as the engine calls them."""
    from minijinja import safe  # noqa: PLC0415 - as in the engine

    filters = {name: _counted(name, function) for name, function in PLAIN.items()}
    for name, function in SAFE.items():
        counted = _counted(name, function)
        filters[name] = lambda value, *, _counted=counted: safe(_counted(value))
    filters |= {name: _localised(name) for name in LOCALISED}
    return filters | {alias: filters[name] for alias, name in ALIASES.items()}


def installed_functions() -> dict[str, Callable[..., Any]]:
    """Return the functions by name, as the engine calls them."""
    return {"range": _range, "_bounded": _bounded}


def _counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that counts its cost, and names itself in errors."""

    def counted(value: Any, *arguments: Any, **named: Any) -> Any:
        if value is None and name != "default":
            raise Unprintable(
                f"gives a missing value to the filter `{name}`; write {{% if … %}} around it"
            )
        current().spend(1 + (len(value) // CHARACTERS if isinstance(value, str) else 0))
        try:
            result = function(value, *arguments, **named)
        except Unprintable as error:
            raise Unprintable(f"the filter `{name}` {error}") from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            raise Unprintable(f"the filter `{name}` has wrong arguments") from None
        if isinstance(result, str) and len(result) > LONGEST_RESULT:
            raise TooExpensive(f"the text is longer than {LONGEST_RESULT:,} characters")
        return result

    return counted


def _localised(name: str) -> Callable[..., Any]:
    """Return a filter that gets the locale and the time zone of the message first."""

    def localised(value: Any, *arguments: Any, **named: Any) -> str:
        from notification_content.templates.language.locale_filters import (  # noqa: PLC0415 - see `LOCALISED`
            LOCALE_FILTERS,
        )

        budget = current()
        text = str(LOCALE_FILTERS[name](budget, value, *arguments, **named))
        return text.translate(PLAIN_SPACES) if budget.plain_spaces else text

    return _counted(name, localised)
