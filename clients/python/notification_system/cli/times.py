"""Times as users write and read them: local, or in UTC with `--utc`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from notification_system.durations import DURATION, duration

FORMS = '20m, 20:00, "tomorrow 20:00", "mon 20:00", 2027-01-31T20:00 or 2027-01-31T20:00Z'

DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")

API_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")

MIDNIGHT = time(0)


class InvalidTimeError(ValueError):
    """A text is not a time, or not one certain time; the message names the remedy."""


@dataclass(frozen=True)
class Zone:
    """The zone in which times are read and shown: the local one, or UTC."""

    utc: bool = False

    def local(self, at: datetime) -> datetime:
        """Return a time in this zone."""
        return at.astimezone(UTC if self.utc else None)

    def name(self, at: datetime) -> str:
        """Return the zone's abbreviation at a time, such as CET or UTC+03."""
        name = self.local(at).tzname() or "UTC"
        return f"UTC{name}" if name[0] in "+-" else name

    def heading(self, text: str, times: Iterable[datetime], now: datetime) -> str:
        """Return the heading of a column of times: `DUE (CET)`, or `DUE (CET/CEST)`."""
        names = sorted({self.name(at) for at in times}) or [self.name(now)]
        return f"{text} ({'/'.join(names)})"

    def long(self, at: datetime) -> str:
        """Return a time with its weekday and zone: `Mon 30 Nov 2026 20:00 CET`."""
        local = self.local(at)
        seconds = f":{local:%S}" if local.second else ""
        return f"{local:%a} {local.day} {local:%b %Y %H:%M}{seconds} {self.name(at)}"

    def localized(self, text: str) -> str:
        """Return a text with its times of the API, such as 2026-11-30T19:00:00Z, in this zone."""
        return API_TIME.sub(lambda match: self.long(datetime.fromisoformat(match[0])), text)

    def aware(self, wall: datetime) -> datetime:
        """Return the time at which the clocks of this zone show a time.

        Raises:
            InvalidTimeError: the clocks show it twice or never, because they change that day.
        """
        if self.utc:
            return wall.replace(tzinfo=UTC)
        earlier, later = (wall.replace(fold=fold).astimezone() for fold in (0, 1))
        if earlier.utcoffset() == later.utcoffset():
            return earlier
        shown = f"{wall:%Y-%m-%d %H:%M}"
        choice = " or ".join(f"{at:%Y-%m-%dT%H:%M}{_offset(at)}" for at in (earlier, later))
        if earlier.astimezone(UTC).astimezone().replace(tzinfo=None) != wall:
            raise InvalidTimeError(
                f"{shown} does not exist, because clocks are set forward; write {choice}"
            )
        raise InvalidTimeError(f"{shown} occurs twice, because clocks are set back; write {choice}")

    def parse(self, text: str, now: datetime, *, past: bool = False) -> datetime:
        """Return the time that a text means.

        A duration counts from now, and may have a plus before it. A time of day, or of a weekday,
        is the next one, or the latest one if `past`. A day alone is its beginning if `past`.

        Raises:
            InvalidTimeError: it is not a time, or not one certain time.
        """
        words = text.strip().lower()
        if words == "now":
            return now
        length = words if past else words.removeprefix("+")
        if DURATION.fullmatch(length):
            return _shifted(now, length, -1 if past else 1)
        if ISO_DATE.match(words) and not ISO_DATE.fullmatch(words):
            at = _iso(text)
            return at if at.tzinfo is not None else self.aware(at)
        day, _, clock = words.partition(" ")
        if TIME_OF_DAY.fullmatch(words):
            day, clock = "", words
        days = self._days(day, now, past=past, text=text)
        if not clock and not past:
            raise InvalidTimeError(f'{text} has no time of day; write "{text} 20:00"')
        at_time = _time_of_day(clock.strip(), text)
        return self._nearest([datetime.combine(day, at_time) for day in days], now, past=past)

    def _nearest(self, candidates: list[datetime], now: datetime, *, past: bool) -> datetime:
        """Return the first candidate on the right side of now, or the only one."""
        wall_now = self.local(now).replace(tzinfo=None)
        fitting = (at for at in candidates if (at <= wall_now if past else at >= wall_now))
        return self.aware(next(fitting, candidates[-1]))

    def _days(self, day: str, now: datetime, *, past: bool, text: str) -> list[date]:
        """Return the days that a word may mean, the nearest first; without a word any day."""
        today = self.local(now).date()
        sign = -1 if past else 1
        if not day and text.strip():
            return [today, today + timedelta(days=sign)]
        if day in DAYS:
            return [today + timedelta(days=DAYS[day])]
        names = [name for name in WEEKDAYS if len(day) > 2 and name.startswith(day)]  # noqa: PLR2004
        if names:
            ahead = (WEEKDAYS.index(names[0]) - today.weekday()) * sign % 7
            nearest = today + timedelta(days=ahead * sign)
            return [nearest, nearest + timedelta(days=7 * sign)]
        try:
            return [date.fromisoformat(day)]
        except ValueError as error:
            raise _not_a_time(text) from error


def is_relative(text: str) -> bool:
    """Whether a time is relative to the moment of the call, such as 20m."""
    words = text.strip().lower()
    return words == "now" or DURATION.fullmatch(words.removeprefix("+")) is not None


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _not_a_time(text) from error


def _shifted(now: datetime, text: str, sign: int) -> datetime:
    try:
        return now + sign * duration(text)
    except (ValueError, OverflowError) as error:
        raise InvalidTimeError(f"{text} is too long") from error


def _time_of_day(clock: str, text: str) -> time:
    if not clock:
        return MIDNIGHT
    match = TIME_OF_DAY.fullmatch(clock)
    if match is None:
        raise _not_a_time(text)
    hour, minute, second = match.groups(default="0")
    return time(int(hour), int(minute), int(second))


def _not_a_time(text: str) -> InvalidTimeError:
    return InvalidTimeError(f"{text or 'an empty text'} is not a time; write {FORMS}")


def _offset(at: datetime) -> str:
    text = at.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
