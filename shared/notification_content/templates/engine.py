"""The template engine: minijinja, with the limits of this system."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from notification_content.templates.compiled import CompiledTemplate

if TYPE_CHECKING:
    from minijinja import Environment

#: The instructions that rendering one part may take.
FUEL = 100_000

#: The compiled templates whose parsed parts a process keeps.
CACHED = 64

_environments: "OrderedDict[str, Environment]" = OrderedDict()
_lock = Lock()


class NotPrintable(Exception):
    """A value has no text; the message says what to write instead."""


def environment_of(compiled: CompiledTemplate) -> "Environment":
    """Return the environment with the parts of a compiled template. Thread-safe.

    Parts are parsed when they are rendered first. Their names: `source_name`.
    """
    with _lock:
        if (environment := _environments.get(compiled.digest)) is not None:
            _environments.move_to_end(compiled.digest)
            return environment
        environment = _environments[compiled.digest] = environment_with(sources_of(compiled))
        while len(_environments) > CACHED:
            _environments.popitem(last=False)
        return environment


def environment_with(sources: Mapping[str, str]) -> "Environment":
    """Return an environment with sources by their names."""
    from minijinja import Environment  # noqa: PLC0415 - a process without templates does not need it

    environment = Environment(loader=sources.get, debug=False, fuel=FUEL, pycompat=False)
    # An absent value may be tested with `if`, and cannot be printed. The stub lacks this value.
    environment.undefined_behavior = "semi_strict"  # type: ignore[assignment]
    environment.auto_escape_callback = is_escaped
    environment.finalizer = printable
    environment.keep_trailing_newline = True
    return environment


def source_name(locale: str, channel: str, part: str) -> str:
    """Name a part's source."""
    return f"{locale}/{channel}/{part}"


def is_escaped(name: str) -> bool:
    """Whether values are escaped for HTML in a source, by its name."""
    return name.rsplit("/", 1)[-1] in {"html", "mjml"}


def sources_of(compiled: CompiledTemplate) -> dict[str, str]:
    """Return every source of a compiled template by its name."""
    return {
        source_name(locale, channel, part): text
        for locale, channels in compiled.content.items()
        for channel, parts in channels.items()
        for part, text in texts_of(parts).items()
    }


def texts_of(parts: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the parts; those in `extra` are named `extra.order.id`."""
    texts: dict[str, str] = {}
    for part, value in parts.items():
        if isinstance(value, str):
            texts[part] = value
        elif isinstance(value, Mapping):
            texts |= {f"{part}.{name}": text for name, text in texts_of(value).items()}
        elif isinstance(value, list):
            numbered = {str(number): item for number, item in enumerate(value)}
            texts |= {f"{part}.{name}": text for name, text in texts_of(numbered).items()}
    return texts


def printable(value: Any) -> Any:
    """Return a value that a template prints, or refuse one that a reader should not see."""
    if isinstance(value, str):
        return value
    if value is None:
        raise NotPrintable("prints a value that is missing; write {% if … %} around it")
    if isinstance(value, bool):
        raise NotPrintable("prints true or false; write {% if … %} with a text for each")
    if isinstance(value, int | float):
        return value
    raise NotPrintable("prints a list or an object; print its items, or use the filter `join`")
