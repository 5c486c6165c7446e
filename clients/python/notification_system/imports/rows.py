"""The rows of django-notification-system 1.x, as `dumpdata` writes them or its models hold them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The app label of the models.
APP = "django_notification_system"

#: The models, without the label of the app and in small letters as in a dump.
TARGET, RECORD = "notificationtarget", "targetuserrecord"
OPT_OUT, NOTIFICATION = "notificationoptout", "notification"
MODELS = (TARGET, RECORD, OPT_OUT, NOTIFICATION)

#: Characters that are read from a dump at a time.
_CHUNK = 1 << 20


class DumpError(Exception):
    """A file is not a dump that can be read; the message says where, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a dump.

    Args:
        model: one of `MODELS`, or the full name of another model, such as `auth.user`.
        key: the primary key as text; empty if the dump has natural primary keys.
        fields: the values by the name of the field. Times are ISO 8601 texts or datetimes.
    """

    model: str
    key: str
    fields: Mapping[str, Any]


def rows_of(path: Path, model: str) -> Iterator[Row]:
    """Yield the rows of a model in a dump. Raises DumpError."""
    return (row for row in read_dump(path) if row.model == model)


def read_dump(path: Path) -> Iterator[Row]:
    """Yield the rows of a dump in JSON or JSON Lines, reading a part of the file at a time.

    Raises:
        DumpError: the file cannot be read, or is not a dump.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _rows(_Decoder(path, lambda: file.read(_CHUNK)))
    except (OSError, UnicodeDecodeError) as error:
        raise DumpError(f"{path} cannot be read: {error}") from None


def _rows(decoder: "_Decoder") -> Iterator[Row]:
    for number, value in enumerate(decoder.values(), start=1):
        if not isinstance(value, Mapping) or not isinstance(value.get("fields"), Mapping):
            raise DumpError(
                f"object {number} of {decoder.path} has no `model` and `fields`. Write the file "
                f"with: manage.py dumpdata {APP} --output dump.json"
            )
        model = str(value.get("model", "")).lower()
        key = value.get("pk")
        yield Row(model.removeprefix(f"{APP}."), "" if key is None else str(key), value["fields"])


class _Decoder:
    """Decodes the values of a JSON array, or JSON values after each other, as they are read."""

    def __init__(self, path: Path, read: Callable[[], str]) -> None:
        self.path, self._read = path, read
        self._text, self._done = "", 0  # the part that was read, and its decoded length

    def values(self) -> Iterable[Any]:
        """Yield the values. Raises DumpError."""
        decoder, is_array = json.JSONDecoder(), self._skip() == "["
        if is_array:
            self._done += 1
        while (first := self._skip()) not in ("", "]"):
            if first == ",":
                self._done += 1
                continue
            yield self._next(decoder)
        if is_array and first != "]":
            raise DumpError(f"{self.path} ends within the array: the dump is incomplete.")

    def _next(self, decoder: json.JSONDecoder) -> Any:
        while True:
            try:
                value, self._done = decoder.raw_decode(self._text, self._done)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise DumpError(f"{self.path} is not valid JSON: {error}.") from None
            else:
                return value

    def _skip(self) -> str:
        """Skip white space; return the next character, empty at the end of the file."""
        while True:
            while self._done < len(self._text) and self._text[self._done].isspace():
                self._done += 1
            if self._done < len(self._text):
                return self._text[self._done]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read on, and forget what was decoded; return whether there is more."""
        chunk = self._read()
        self._text, self._done = self._text[self._done :] + chunk, 0
        return bool(chunk)
