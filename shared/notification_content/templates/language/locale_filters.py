"""Filters that follow the customs of a locale: plural forms, dates, times, numbers and currencies.

Babel is imported when such a filter runs first, because it takes about 30 ms and 36 MB.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notification_content.templates.language.budget import Budget, Unprintable

if TYPE_CHECKING:
    from babel import Locale

#: What a first call of a filter in a locale costs is not the template's fault, so each call counts
#: the same: about what it takes later, in units of work.
WORK = 20

#: The largest and the smallest number that is formatted, as powers of ten, and the most decimals.
LARGEST_EXPONENT = 15
MOST_DECIMALS = 12
#: The longest pattern of a date.
LONGEST_PATTERN = 100


@lru_cache(maxsize=256)
def babel_locale(tag: str) -> "Locale":
    """Return the data of a locale, or of a shorter tag, or of English as a last resort."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - see the module's docstring

    subtags = tag.split("-")
    while subtags:
        try:
            return Locale.parse("-".join(subtags), sep="-")
        except (UnknownLocaleError, ValueError):
            subtags.pop()
    return Locale("en")


def plural_categories(tag: str) -> frozenset[str]:
    """Return the plural forms of a locale that CLDR distinguishes, `other` among them."""
    return frozenset(babel_locale(tag).plural_form.tags) | {"other"}


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unprintable("needs a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Unprintable("needs a number") from None
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Unprintable("needs a number of usual size")
    return number


def _plural(budget: Budget, value: Any, **forms: str) -> str:
    budget.spend(WORK)
    number = _decimal(value)
    if "other" not in forms:
        raise Unprintable("needs the form `other`: plural(one='# item', other='# items')")
    locale = babel_locale(budget.locale)
    category = locale.plural_form(number)
    # Texts for exact numbers are common in English only: "no items". `zero` serves them too.
    if number == 0 and "zero" in forms:
        category = "zero"
    return str(forms.get(category, forms["other"])).replace("#", _number(budget, value))


def _number(budget: Budget, value: Any, decimals: int | None = None) -> str:
    from babel.numbers import format_decimal  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    locale, pattern = babel_locale(budget.locale), None
    if decimals is not None:
        grouping = locale.decimal_formats[None].pattern.split(".")[0]
        pattern = grouping + _fraction(decimals)
    return str(format_decimal(_decimal(value), format=pattern, locale=locale))


def _fraction(decimals: int) -> str:
    digits = max(min(int(decimals), MOST_DECIMALS), 0)
    return "." + "0" * digits if digits else ""


def _percent(budget: Budget, value: Any, decimals: int = 0) -> str:
    from babel.numbers import format_percent  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    locale = babel_locale(budget.locale)
    pattern = locale.percent_formats[None].pattern
    whole = pattern.replace("#,##0", "#,##0" + _fraction(decimals))
    return str(format_percent(_decimal(value), format=whole, locale=locale))


def _currency(budget: Budget, value: Any, code: str) -> str:
    from babel.numbers import format_currency  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    if not (isinstance(code, str) and len(code) == 3 and code.isascii() and code.isalpha()):  # noqa: PLR2004 - ISO 4217
        raise Unprintable("needs a currency such as EUR")
    return str(format_currency(_decimal(value), code.upper(), locale=babel_locale(budget.locale)))


def _date(budget: Budget, value: Any, form: str = "medium") -> str:
    from babel.dates import format_date  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    moment = _moment(budget, value)
    return str(format_date(moment, _form(form), locale=babel_locale(budget.locale)))


def _time(budget: Budget, value: Any, form: str = "short") -> str:
    from babel.dates import format_time  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    moment = _moment(budget, value)
    if not isinstance(moment, datetime):
        raise Unprintable("needs a time; the value is a date")
    locale = babel_locale(budget.locale)
    return str(format_time(moment, _form(form), tzinfo=_zone(budget), locale=locale))


def _datetime(budget: Budget, value: Any, form: str = "medium") -> str:
    from babel.dates import format_datetime  # noqa: PLC0415 - see the module's docstring

    budget.spend(WORK)
    moment = _moment(budget, value)
    if not isinstance(moment, datetime):
        raise Unprintable("needs a date with a time; the value is a date")
    locale = babel_locale(budget.locale)
    return str(format_datetime(moment, _form(form), tzinfo=_zone(budget), locale=locale))


def _form(form: Any) -> Any:
    if not isinstance(form, str) or len(form) > LONGEST_PATTERN:
        raise Unprintable("needs short, medium, long, full or a pattern of CLDR")
    return form


def _zone(budget: Budget) -> tzinfo:
    try:
        return ZoneInfo(budget.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _moment(budget: Budget, value: Any) -> date:
    """Return a date, or a time in the recipient's time zone, the zone of a time without one."""
    try:
        if isinstance(value, str) and len(value) == len("2026-11-29"):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unprintable("needs a date such as 2026-11-29 or 2026-11-29T10:00:00Z") from None
    zone = _zone(budget)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


LOCALE_FILTERS: Mapping[str, Callable[..., Any]] = {
    "currency": _currency,
    "date": _date,
    "datetime": _datetime,
    "number": _number,
    "percent": _percent,
    "plural": _plural,
    "time": _time,
}
