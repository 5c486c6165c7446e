"""The template engine: minijinja, restricted to what templates may do and what that may cost."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from notification_content.templates.language.budget import (
    Budget,
    TooExpensive,
    Unprintable,
    at,
    begin,
    current,
    tick,
)
from notification_content.templates.language.filters import installed_filters, installed_functions
from notification_content.templates.language.scanner import SyntaxProblem, tags_of
from notification_content.templates.language.statements import Instrumented, instrumented
from notification_content.templates.language.values import measured, opaque

if TYPE_CHECKING:
    from minijinja import Environment

#: The instructions that rendering one part may take.
FUEL = 60_000
#: The most values in the data.
MOST_VALUES = 20_000
#: The largest number that is printed. The engine would write a placeholder for a much larger one.
LARGEST_NUMBER = 10**100


class RenderingFailed(Exception):
    """A part cannot be rendered; `line` counts from 1, None if it is unknown."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message, line)
        self.message, self.line = message, line


class Engine:
    """Renders the parts of one template. Thread-safe.

    `sources` holds the templates by name. Values are escaped in the parts `html` and `mjml`:
    `is_escaped`. A source is parsed when it is rendered first.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._parsed: dict[str, Instrumented] = {}
        self._environment = _environment(self._loaded)

    def _loaded(self, name: str) -> str:
        return self._instrumented(name).source

    def _instrumented(self, name: str) -> Instrumented:
        if name not in self._parsed:
            self._parsed[name] = instrumented(self._sources[name])
        return self._parsed[name]

    def render(self, name: str, context: Mapping[str, Any], locale: str, time_zone: str) -> str:
        """Return the text of a part. Raises `RenderingFailed`."""
        from minijinja import TemplateError  # noqa: PLC0415 - as in `_environment`

        try:
            cost = self._instrumented(name).cost
            budget = _begin(context, locale, time_zone, escapes=is_escaped(name))
            budget.plain_spaces = name.split("/", 2)[1] == "sms"
            budget.compare(cost)
            text = self._environment.render_template(name, **_passed(context))
            budget.verify()
        except SyntaxProblem as error:
            raise RenderingFailed(error.message, error.line) from None
        except TemplateError as error:
            raise RenderingFailed(self._explained(name, error), error.line) from None
        except TooExpensive as error:
            raise RenderingFailed(str(error), None) from None
        except Unprintable as error:
            line = self._failing_line(name, context, locale, time_zone)
            raise RenderingFailed(str(error), line) from None
        return text

    def _failing_line(
        self, name: str, context: Mapping[str, Any], locale: str, time_zone: str
    ) -> int | None:
        """Render a part again, with marks, to find the line of an error."""
        marked = instrumented(self._sources[name], marks=True).source
        budget = _begin(context, locale, time_zone, escapes=False)
        environment = _environment({name: marked}.get)
        try:
            environment.render_template(name, **_passed(context))
        except Exception:  # noqa: BLE001 - the error is known; the line is wanted
            return budget.line
        return None

    def _explained(self, name: str, error: Any) -> str:
        """Return the message for an error of the engine."""
        if error.kind == "OutOfFuel":
            return "rendering takes too long; use fewer or shorter lists"
        if error.kind != "UndefinedError":
            return str(error.detail or error.message)
        tag = self._tag_at(name, error)
        return f"{tag} needs a value that is missing; write {{% if … %}} around it"

    def _tag_at(self, name: str, error: Any) -> str:
        """Return the source of the tag in which an error happened."""
        source = self._loaded(name)
        start = (
            len(source.encode()[: error.range[0]].decode(errors="replace")) if error.range else -1
        )
        for tag in tags_of(source):
            if tag.start <= start < tag.end:
                return f"`{source[tag.start : tag.end]}`"
        return "the template"


def _environment(loader: Any) -> "Environment":
    from minijinja import Environment  # noqa: PLC0415 - a process without templates does not need it

    environment = Environment(loader=loader, debug=False, fuel=FUEL, pycompat=False)
    # An absent value may be tested with `if`, and cannot be printed. The stub lacks this value.
    environment.undefined_behavior = "semi_strict"  # type: ignore[assignment]
    environment.auto_escape_callback = lambda _: False  # `_printed` escapes
    environment.finalizer = _printed
    environment.keep_trailing_newline = True
    for name, function in installed_filters().items():
        environment.add_filter(name, function)
    for name, function in installed_functions().items():
        environment.add_global(name, function)
    environment.add_global("_tick", tick)
    environment.add_global("_at", at)
    return environment


def is_escaped(name: str) -> bool:
    """Whether values are escaped for HTML in a source, by its name."""
    return name.split("/", 2)[-1] in {"html", "mjml"}


def _begin(context: Mapping[str, Any], locale: str, time_zone: str, *, escapes: bool) -> Budget:
    characters, values = measured(context, MOST_VALUES)
    budget = Budget(locale, time_zone, characters, escapes=escapes)
    begin(budget)
    if values >= MOST_VALUES or any(name.startswith("_") for name in context):
        raise TooExpensive(f"the data have more than {MOST_VALUES:,} values, or a name with _")
    return budget


def _passed(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables as the engine gets them."""
    return {name: opaque(value) for name, value in context.items()}


def _printed(value: Any) -> Any:
    """Return a value that a template prints, or refuse one that a reader should not see."""
    budget = current()
    budget.spend(1)
    if isinstance(value, str):
        # The engine's own escaping would also write `/` as a reference, in every URL.
        text = escape(value) if budget.escapes and not hasattr(value, "__html__") else value
        budget.print(len(text))
        return text
    if value is None:
        raise Unprintable("prints a value that is missing; write {% if … %} around it")
    if isinstance(value, bool):
        raise Unprintable("prints true or false; write {% if … %} with a text for each")
    if isinstance(value, int | float):
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise Unprintable("prints a number that is too large; pass it as a text")
        return value
    raise Unprintable("prints a list or an object; print its items, or use the filter `join`")


#: The templates whose parsed parts a process keeps.
CACHED = 64

_engines: OrderedDict[str, Engine] = OrderedDict()
_lock = threading.Lock()


def cached_engine(digest: str, sources: Any) -> Engine:
    """Return the engine of a template by its hash; `sources` returns its sources if it is new."""
    with _lock:
        engine = _engines.get(digest)
        if engine is None:
            engine = _engines[digest] = Engine(sources())
        _engines.move_to_end(digest)
        while len(_engines) > CACHED:
            _engines.popitem(last=False)
        return engine
